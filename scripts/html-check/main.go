// Command html-check looks at a report in a real browser: whatever `report RUN -o html` wrote is rendered at the width of a phone and of a desk, light
// and dark, without scripts and on paper, and every picture is saved for people to look at.
//
//	go run ./scripts/html-check REPORT.html PICTURES
//	go run ./scripts/html-check -browser /opt/chrome/chrome REPORT.html PICTURES
//
// It fails on a console message that is a warning or worse, an exception, any request beside the file itself, and on what checks.js finds: text
// that is hard to read, a page wider than its screen, headings out of order, links that lead nowhere, focus that cannot be seen.
//
// It drives Chromium, or a browser of its family, over a pipe: no port, and names of other hosts do not resolve. Debian's package is called chromium.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "embed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "html-check:", err)
		os.Exit(1) //nolint:forbidigo // a program's main ends its process
	}
}

// view is one way to look at the page.
type view struct {
	name   string
	width  int
	dark   bool
	script bool
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("html-check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	program := flags.String("browser", "", "`path` of the browser (default the first of chromium, google-chrome and the like on PATH)")
	timeout := flags.Duration("timeout", 3*time.Minute, "bound on the whole check")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("name a report and a directory for its pictures: html-check REPORT.html PICTURES")
	}
	page, err := filepath.Abs(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("find the report: %w", err)
	}
	if _, err := os.Stat(page); err != nil {
		return fmt.Errorf("find the report: %w", err)
	}
	pictures := flags.Arg(1)
	if err := os.MkdirAll(pictures, 0o777); err != nil {
		return fmt.Errorf("make the pictures' directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	b, err := start(ctx, *program)
	if err != nil {
		return err
	}
	defer b.close()
	found := 0
	for _, v := range []view{
		{"phone-light", 390, false, true}, {"phone-dark", 390, true, true}, {"desk-light", 1280, false, true}, {"desk-dark", 1280, true, true},
		{"no-script", 1280, false, false},
	} {
		problems, err := look(b, "file://"+page, v, pictures)
		if err != nil {
			return fmt.Errorf("look at the page as %s: %w", v.name, err)
		}
		for _, p := range problems {
			fmt.Fprintf(stdout, "%s: %s\n", v.name, p)
		}
		found += len(problems)
	}
	if found > 0 {
		return fmt.Errorf("%d problems", found)
	}
	fmt.Fprintf(stdout, "no problems; look at the pictures in %s\n", pictures)
	return nil
}

//go:embed checks.js
var checks string

// look renders the page in a tab of its own, saves what it looks like and returns what is wrong with it.
func look(b *browser, url string, v view, pictures string) ([]string, error) {
	t, err := b.open()
	if err != nil {
		return nil, err
	}
	defer t.close()
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	if err := t.do(
		step{"Network.enable", nil}, step{"Runtime.enable", nil}, step{"Log.enable", nil}, step{"Page.enable", nil},
		step{"Emulation.setDeviceMetricsOverride", args{"width": v.width, "height": 844, "deviceScaleFactor": 1, "mobile": v.width < 500}},
		step{"Emulation.setEmulatedMedia", args{"features": []args{{"name": "prefers-color-scheme", "value": scheme}}}},
		step{"Emulation.setScriptExecutionDisabled", args{"value": !v.script}},
		step{"Page.navigate", args{"url": url}},
	); err != nil {
		return nil, err
	}
	if err := t.wait("Page.loadEventFired"); err != nil {
		return nil, err
	}
	var problems []string
	if v.script {
		if problems, err = walk(t); err != nil { // first: a check leaves the focus elsewhere
			return nil, err
		}
		var found []string
		if err := t.evaluate(checks, &found); err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	if err := photograph(t, v, pictures); err != nil {
		return nil, err
	}
	if v.name == "no-script" {
		if err := paper(t, filepath.Join(pictures, "print.pdf")); err != nil {
			return nil, err
		}
	}
	for _, r := range t.requests {
		if r != url && !strings.HasPrefix(r, "data:") && !strings.HasPrefix(r, url+"#") {
			problems = append(problems, "it asks for "+r)
		}
	}
	return append(problems, t.complaints...), nil
}

// tabStops bounds how often the tabulator key is pressed.
const tabStops = 60

// walk goes through the page with the keyboard: the first stop is the way past the header, and every stop shows where it is.
func walk(t *tab) (problems []string, err error) {
	for i := range tabStops {
		for _, kind := range []string{"keyDown", "keyUp"} {
			if err := t.do(step{"Input.dispatchKeyEvent", args{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}}); err != nil {
				return nil, err
			}
		}
		var at struct {
			Name, Text string
			Seen       bool
		}
		if err := t.evaluate(`(() => {
			const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
			return {name: e.localName + (e.className ? "." + e.className : ""), text: e.textContent.trim().slice(0, 40), seen: s.outlineStyle !== "none" && r.bottom > 0 && r.top < innerHeight};
		})()`, &at); err != nil {
			return nil, err
		}
		if at.Name == "body" {
			break // round once
		}
		if i == 0 && !strings.HasPrefix(at.Name, "a.skip") {
			problems = append(problems, "the first stop of the keyboard is "+at.Name+", not the way to the content")
		}
		if !at.Seen {
			problems = append(problems, fmt.Sprintf("focus on %s %q cannot be seen", at.Name, at.Text))
		}
	}
	return problems, t.evaluate(`(() => { document.activeElement.blur(); scrollTo(0, 0); return null })()`, nil)
}

// tile is the height of a picture in pixels: of higher ones nothing can be made out.
const tile = 1700

// photograph saves the whole page, in tiles from top to bottom.
func photograph(t *tab, v view, pictures string) error {
	var layout struct {
		Size struct{ Width, Height float64 } `json:"cssContentSize"`
	}
	if err := t.call("Page.getLayoutMetrics", nil, &layout); err != nil {
		return err
	}
	for top, n := 0.0, 1; top < layout.Size.Height; top, n = top+tile, n+1 {
		var shot struct{ Data string }
		clip := args{"x": 0, "y": top, "width": v.width, "height": min(tile, layout.Size.Height-top), "scale": 1}
		if err := t.call("Page.captureScreenshot", args{"format": "png", "captureBeyondViewport": true, "clip": clip}, &shot); err != nil {
			return err
		}
		if err := save(filepath.Join(pictures, fmt.Sprintf("%s-%d.png", v.name, n)), shot.Data); err != nil {
			return err
		}
	}
	return nil
}

func paper(t *tab, path string) error {
	var out struct{ Data string }
	if err := t.call("Page.printToPDF", args{"preferCSSPageSize": true}, &out); err != nil {
		return err
	}
	return save(path, out.Data)
}

func save(path, data string) error {
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return fmt.Errorf("decode %s: %w", path, err)
	}
	return os.WriteFile(path, raw, 0o666)
}
