package baseline

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// edited says which environment or configuration of a document is not what its fingerprint stands for.
func edited(document map[string]any) error {
	for _, kind := range []string{"environments", "configurations"} {
		entries, _ := document[kind].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if got := Fingerprint(entries[key]); got != key {
				return fmt.Errorf("at '/%s/%s': its fingerprint is %s, so that it was edited", kind, key, got)
			}
		}
	}
	return nil
}

// check says what in a baseline that the schema allows contradicts itself.
func (b *Baseline) check() error {
	if err := CheckName(b.Name); err != nil {
		return fmt.Errorf("at '/name': %q cannot name a baseline", b.Name)
	}
	runs := map[string]bool{}
	for i := range b.Runs {
		r := &b.Runs[i]
		if runs[r.RunID] {
			return fmt.Errorf("at '/runs/%d/run_id': %q is there twice", i, r.RunID)
		}
		runs[r.RunID] = true
		if err := b.checkRun(r); err != nil {
			return fmt.Errorf("at '/runs/%d/%w", i, err)
		}
	}
	return nil
}

// checkRun's errors begin within the place of the run.
func (b *Baseline) checkRun(r *Run) error {
	e, known := b.Environments[r.Environment]
	if !known {
		return fmt.Errorf("environment': there is none with the fingerprint %q", r.Environment)
	}
	if _, known := b.Configurations[r.Configuration]; !known {
		return fmt.Errorf("configuration': there is none with the fingerprint %q", r.Configuration)
	}
	names := map[string]bool{}
	for i := range r.Cells {
		c := &r.Cells[i]
		switch {
		case names[c.Name]:
			return fmt.Errorf("cells/%d/cell': %q is there twice", i, c.Name)
		case !slices.Contains(e.Clients, c.Client):
			return fmt.Errorf("cells/%d/client': %s is not among the environment's", i, c.Client)
		}
		names[c.Name] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("cells/%d/%w", i, err)
		}
	}
	return nil
}

// check's errors begin within the place of the cell.
func (c *Cell) check() error {
	n := len(c.Blocks)
	length := func(what string, got int) error {
		if got != n {
			return fmt.Errorf("%s': %d entries for %d trials", what, got, n)
		}
		return nil
	}
	if err := length("guarantee", len(c.Guarantee)); err != nil {
		return err
	}
	if err := length("sustained", len(c.Sustained)); err != nil {
		return err
	}
	if err := length("committed", len(c.Committed)); err != nil {
		return err
	}
	mode, known := workload.ModeByName(c.Mode)
	for i, n := range c.Committed {
		if known && mode.Transactional != (n != nil) {
			return fmt.Errorf("committed/%d': transactions are counted in a mode that has them, and only there", i)
		}
	}
	for i, block := range c.Blocks {
		if i > 0 && block <= c.Blocks[i-1] {
			return fmt.Errorf("blocks/%d': block %d comes after block %d", i, block, c.Blocks[i-1])
		}
	}
	names := slices.Sorted(maps.Keys(c.Figures))
	for _, name := range names {
		if err := length("figures/"+name, len(c.Figures[name])); err != nil {
			return err
		}
	}
	at := c.compared()
	for _, name := range names {
		m, err := metric.Parse(name)
		if err != nil || m.Name != name {
			return fmt.Errorf("figures/%s': there is no such figure", name)
		}
		if !Keeps(m, at) {
			return fmt.Errorf("figures/%s': no baseline keeps it of such a cell", name)
		}
	}
	return nil
}
