package figure

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats of files.
const (
	PNG = "png"
	SVG = "svg"
)

// A figure is as wide as a README shows it, 830 pixels; a PNG has two dots for each.
const (
	width     = 8.3 * vg.Inch
	pixels    = 100 // per inch
	margin    = vg.Length(9)
	rowHeight = vg.Length(205) // of panels, where a figure does not say
)

// Write draws the figure as a PNG or SVG file. An SVG has the same bytes whenever it is drawn from the same trials; it embeds no font.
func (f Figure) Write(w io.Writer, format string, theme Theme) error {
	l := f.layout(theme.palette())
	var out bytes.Buffer
	switch format {
	case PNG:
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, l.height), vgimg.UseDPI(2*pixels), vgimg.UseBackgroundColor(l.palette[ground]))}
		l.draw(draw.New(c))
		if _, err := c.WriteTo(&out); err != nil {
			return fmt.Errorf("encode %s.png: %w", f.Name, err)
		}
	case SVG:
		c := vgsvg.New(width, l.height)
		l.draw(draw.New(c))
		var raw bytes.Buffer
		if _, err := c.WriteTo(&raw); err != nil {
			return fmt.Errorf("encode %s.svg: %w", f.Name, err)
		}
		if err := f.restyle(&out, printable(strings.ReplaceAll(raw.String(), "\n\t", " ")), l.height); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a figure cannot be written as %q: use %s or %s", format, PNG, SVG)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write %s.%s: %w", f.Name, format, err)
	}
	return nil
}

// fonts are of one width and found on nearly every system, whichever comes first.
const fonts = "Liberation Sans, Arimo, Arial, Helvetica, Nimbus Sans, sans-serif"

// restyle gives gonum's SVG a size in pixels, a name for screen readers, and one font with others to fall back on in place of one named in every text,
// which none of them makes longer than it was laid out for.
func (f Figure) restyle(w *bytes.Buffer, raw string, height vg.Length) error {
	_, after, found := strings.Cut(raw, "<svg ")
	_, content, closed := strings.Cut(after, ">")
	if !found || !closed {
		return errors.New("the drawing library wrote no SVG")
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.5g %.5g" role="img" aria-label="%s" font-family="%s">`,
		width/vg.Inch*pixels, height/vg.Inch*pixels, width.Points(), height.Points(), html.EscapeString(f.Title), fonts)
	w.WriteString(wording.ReplaceAllStringFunc(strings.NewReplacer(
		"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
		"font-family:Liberation Sans;font-variant:normal;", "",
		";font-style:normal", "",
	).Replace(content), withLength))
	return nil
}

// wording is a text as restyle has it: its head, weight, size, the rest of its style, and what it says.
var wording = regexp.MustCompile(`(<text [^>]*)style="(font-weight:bold;)?font-size:([0-9.]+)px([^>]*)>([^<]+)<`)

// withLength adds to a text how long it is in the font that it was laid out in.
func withLength(element string) string {
	m := wording.FindStringSubmatch(element)
	size, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return element
	}
	style := lettering(vg.Length(size))
	if m[2] != "" {
		style.Font.Weight = font.WeightBold
	}
	return fmt.Sprintf(`%stextLength="%.5g" lengthAdjust="spacingAndGlyphs" style="%sfont-size:%spx%s>%s<`, m[1], style.Width(html.UnescapeString(m[5])).Points(), m[2], m[3], m[4], m[5])
}
