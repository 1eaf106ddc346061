package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// setup is a configuration that some cells share.
type setup struct {
	properties map[string]string // "producer acks"
	cells      []*cell
	reference  bool
}

// configuration shows the clients' effective configurations: side by side what differs, once what is the same everywhere.
func (s *summary) configuration() section {
	setups := s.setups()
	if len(setups) == 0 {
		return section{}
	}
	all := map[string]bool{}
	for _, u := range setups {
		for key := range u.properties {
			all[key] = true
		}
	}
	from := slices.IndexFunc(setups, func(u *setup) bool { return u.reference })
	differing := htmlTable{Caption: "Properties that differ between cells", Heads: []head{{"property", "words"}}}
	for i, u := range setups {
		name := s.setupName(u)
		if i == from {
			name += " (reference)"
		}
		differing.Heads = append(differing.Heads, head{name, "words"})
	}
	same := htmlTable{Caption: "Properties that are the same in every cell", Folded: true, Heads: []head{{"property", "words"}, {"value", "words"}}}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		values := map[string]bool{}
		row := htmlRow{Cells: []htmlCell{{Text: printable(key), Class: "words", Head: true}}}
		for i, u := range setups {
			v, set := u.properties[key]
			cell := htmlCell{Text: printable(v), Class: "words wrap"}
			if !set {
				cell = htmlCell{Text: none, Class: "words"}
			}
			if from >= 0 && i != from {
				if was, had := setups[from].properties[key]; had != set || was != v {
					cell.Class, cell.Unseen = "words differs", "differs from the reference"
				}
			}
			values[cell.Text] = true
			row.Cells = append(row.Cells, cell)
		}
		if len(values) > 1 {
			differing.Rows = append(differing.Rows, row)
			continue
		}
		row.Cells = row.Cells[:2]
		row.Cells[1].Class = "words wrap"
		same.Rows = append(same.Rows, row)
	}
	return section{ID: "configuration", Title: "Client configuration", Tables: filledTables(differing, same), Lead: []string{
		"As the clients used it, defaults included. Cells are matched: nothing but what their modes need should differ.",
	}}
}

// setups groups the cells by the configuration of their first trials, in the order of the cells.
func (s *summary) setups() (setups []*setup) {
	for _, c := range s.cells {
		properties := map[string]string{}
		for key, v := range c.Trials[0].ClientConfig.Producer {
			properties["producer "+key] = v
		}
		for key, v := range c.Trials[0].ClientConfig.Reader {
			properties["reader "+key] = v
		}
		i := slices.IndexFunc(setups, func(u *setup) bool { return maps.Equal(u.properties, properties) })
		if i < 0 {
			i = len(setups)
			setups = append(setups, &setup{properties: properties})
		}
		u := setups[i]
		u.cells = append(u.cells, c)
		u.reference = u.reference || c.isBase() && !slices.ContainsFunc(setups[:i], func(u *setup) bool { return u.reference })
	}
	return setups
}

// setupName names the cells that share a configuration: by their modes where it is all of those modes' cells.
func (s *summary) setupName(u *setup) string {
	var names, modes []string
	for _, c := range u.cells {
		names, modes = append(names, s.name(c)), append(modes, c.Mode)
	}
	modes = distinct(modes)
	others := slices.ContainsFunc(s.cells, func(c *cell) bool { return slices.Contains(modes, c.Mode) && !slices.Contains(u.cells, c) })
	if !others {
		names = modes
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return printable(strings.Join(names, ", "))
}
