package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func comparisonJSON(w io.Writer, c *Comparison, _ Options) error {
	return result.Indented(w, c)
}

// comparisonCSV writes a row per metric, cell and side (RFC 4180), empty where there is no figure. The columns are the same for every
// comparison but for the last, the cells' own axes.
func comparisonCSV(w io.Writer, c *Comparison, _ Options) error {
	axes := map[string]bool{}
	for _, m := range c.Metrics {
		for _, r := range m.Rows {
			for key := range r.Axes {
				axes[key] = true
			}
		}
	}
	keys := slices.Sorted(maps.Keys(axes))
	header := []string{
		"across_environments", "differences", "side", "metric", "unit", "better", "cell", "mode", "reference", "void", "median", "median_lo", "median_hi", "n",
		"against", "effect", "estimate", "lo", "hi", "p", "pairs", "shown", "missing", "notes",
	}
	for _, key := range keys {
		header = append(header, "axis_"+key)
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for _, m := range c.Metrics {
		for _, r := range m.Rows {
			for i := range c.Sides {
				row := append([]string{strconv.FormatBool(c.AcrossEnvironments), strings.Join(c.Differences, "; ")}, c.fields(m, r, i)...)
				for _, key := range keys {
					row = append(row, compare.Spell(r.Axes[key]))
				}
				if err := out.Write(row); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// fields are a row's of one side, in the order of the header.
func (c *Comparison) fields(m *ComparedMetric, r *ComparedRow, side int) []string {
	fields := []string{c.Sides[side].Name, m.Name, m.Unit, m.Better, r.Cell, r.Mode, strconv.FormatBool(r.Reference)}
	switch f := r.Figures[side]; {
	case f == nil:
		fields = append(fields, "false", "", "", "", "")
	case f.Void:
		fields = append(fields, "true", "", "", "", "")
	default:
		fields = append(fields, "false", exact(f.Median), exact(f.Lo), exact(f.Hi), strconv.Itoa(f.N))
	}
	against, effect := c.Sides[0].Name, side-1
	if c.ReferenceMode != nil {
		against, effect = *c.ReferenceMode, 0
	}
	if effect < 0 || r.Effects[effect] == nil {
		fields = append(fields, "", "", "", "", "", "", "", "", "")
	} else {
		e := r.Effects[effect]
		kind, pairs := e.Kind, strconv.Itoa(e.N)
		if e.Estimate == nil {
			kind, pairs = "", ""
		}
		fields = append(fields, against, kind, exact(e.Estimate), exact(e.Lo), exact(e.Hi), exact(e.P), pairs, strconv.FormatBool(e.Shown), e.Missing)
	}
	var notes []string
	for _, n := range r.Notes {
		notes = append(notes, c.Notes[n-1])
	}
	return append(fields, strings.Join(notes, "; "))
}

// comparisonMarkdown writes for a pull request, in GitHub's dialect.
func comparisonMarkdown(w io.Writer, c *Comparison, _ Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", Escaped(c.title))
	if c.AcrossEnvironments {
		fmt.Fprintf(&b, "> **%s**\n", Escaped(incomparable))
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "> - %s\n", Escaped(d))
		}
		b.WriteByte('\n')
	}
	for _, l := range c.header {
		fmt.Fprintf(&b, "- %s: %s\n", l.name, Escaped(l.text))
	}
	referred := map[int]bool{}
	for _, m := range c.Metrics {
		if len(m.Rows) == 0 {
			continue // a note says so
		}
		keys := c.keys(m)
		for i, r := range m.Rows {
			text := Escaped(keys[0].texts[i])
			if r.unsustained() {
				text += " !"
			}
			for _, n := range r.Notes {
				referred[n] = true
				text += fmt.Sprintf("[^%d]", n)
			}
			keys[0].texts[i] = text
		}
		fmt.Fprintf(&b, "\n**%s**\n\n", Escaped(m.title()))
		markdownTable(&b, keys, c.columns(m), len(m.Rows))
	}
	b.WriteByte('\n')
	for _, l := range c.legend() {
		fmt.Fprintf(&b, "- %s\n", Escaped(l))
	}
	for i, n := range c.Notes {
		if !referred[i+1] {
			fmt.Fprintf(&b, "- **note**: %s\n", Escaped(n))
		}
	}
	if len(referred) > 0 {
		b.WriteByte('\n')
	}
	for i, n := range c.Notes {
		if referred[i+1] {
			fmt.Fprintf(&b, "[^%d]: %s\n", i+1, Escaped(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
