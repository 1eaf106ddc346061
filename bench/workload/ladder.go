package workload

import "slices"

// The modes that a ladder climbs from one to the next.
func retried(m Mode) bool   { return m.Retries && !m.Idempotent }
func sequenced(m Mode) bool { return m.Idempotent && !m.Transactional }

// ladderModes names the modes that a ladder needs.
func ladderModes() []string {
	var names []string
	for _, m := range Modes {
		if retried(m) || sequenced(m) || m.Transactional {
			names = append(names, m.Name)
		}
	}
	return names
}

// controls are the cells that split the cost of a ladder's transactional cells into its parts, each one step from another cell:
// sequence numbers alone that flush as often as a transaction commits (what batching is worth), transactions whose
// readers do not wait for the commit, and, because a commit cuts lingering short, retries without lingering. The base is the product of the
// axes.
func (p *Profile) controls(base []Cell) []Cell {
	var cells []Cell
	for _, c := range base {
		w := c.Workload
		switch {
		case w.Mode.Transactional:
			w.Isolation = ReadUncommitted
			cells = append(cells, p.cell(w, "isolation"))
		case sequenced(w.Mode):
			for _, size := range p.TxnSizes {
				w.FlushEvery = size
				cells = append(cells, p.cell(w, "flush_every"))
			}
		case retried(w.Mode) && w.Linger == p.Lingers[0] && !slices.Contains(p.Lingers, 0):
			w.Linger = 0
			cells = append(cells, p.cell(w, "linger"))
		}
	}
	return cells
}

// checkLadder refuses a ladder that lacks a rung, and settings under which a step would change more than one thing.
func (p *Profile) checkLadder() error {
	if !p.Ladder {
		return nil
	}
	for _, name := range ladderModes() {
		if !slices.ContainsFunc(p.Modes, func(m Mode) bool { return m.Name == name }) {
			return p.wrong("ladder", "add it to --mode, or leave --ladder out", "the ladder leads over mode %s, which is not measured", name)
		}
	}
	for _, key := range []string{"isolation", "flush_every", "txn_interval", "abort_ratio"} {
		if s, _ := settingByKey(key); s.get(p) != s.Default {
			return p.wrong(key, "leave one of the two out", "the ladder's steps change one thing each, which %s rules out", key)
		}
	}
	for _, name := range lingerProperties {
		if _, given := p.Properties[name]; given {
			return at(p.origins[propertyKey(name)].where, usage("give --linger instead",
				"one of the ladder's cells does not linger, which client property %s would overrule", name))
		}
	}
	return nil
}
