package compare

import (
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// twoSided is a run in which the new side takes twice as long, with another broker and linger.
func twoSided() *Run {
	of := func(side, linger string, factor float64, axes ...any) (trials []result.Trial) {
		for _, mode := range []string{"at-least-once", "transactional"} {
			us := []float64{100, 110, 105, 98, 102, 107}
			for i := range us {
				us[i] *= factor
			}
			trials = append(trials, blocks(at, mode, us, append([]any{"linger", linger, "side", side}, axes...)...)...)
		}
		return trials
	}
	r := &result.Run{RunID: "both", Complete: true, Broker: result.Broker{Version: new("4.4.0")},
		Profile: result.Profile{Values: map[string]result.Value{"client_config.linger.ms": {Value: "0"}}},
		Against: &result.Against{Broker: result.Broker{Version: new("4.3.1"), Nodes: 3}, Profile: result.Profile{Name: "old", Values: map[string]result.Value{"client_config.linger.ms": {Value: "5"}}}},
		Trials:  slices.Concat(of("new", "0s", 2), of("baseline", "5ms", 1))}
	for i := range r.Trials { // as a run names them: lingers that differ between the sides alone don't vary within one
		t := &r.Trials[i]
		t.Cell = "mode=" + t.Mode + ",side=" + t.Axes["side"].(string) + ",txn_size=100"
	}
	return New(r, "")
}

func TestSides(t *testing.T) {
	both := twoSided()
	newer, baseline := both.Sides()
	if len(both.Cells) != 4 || len(newer.Cells) != 2 || len(baseline.Cells) != 2 || both.Trials[0].Axes["side"] != "new" {
		t.Fatalf("%d cells are %d and %d", len(both.Cells), len(newer.Cells), len(baseline.Cells))
	}
	for _, side := range []*Run{newer, baseline} {
		c := side.Cells[1]
		if _, has := c.Axes["side"]; has || c.Name != "mode=transactional,txn_size=100" || c.Base != side.Cells[0] || side.Against != nil || !side.Complete || side.RunID != "both" {
			t.Errorf("got %s, %v, against %v", c.Name, c.Axes, c.Base)
		}
	}
	held := Hold(baseline, newer, []UnderTest{Cluster, ClientConfig})
	if want := []string{"broker version: 4.3.1 → 4.4.0", "brokers: 3 → 0", "client_config.linger.ms: 5 → 0", "linger: 5ms → 0s"}; !slices.Equal(held.Meant, want) || held.Others != nil {
		t.Errorf("meant %q, others %q", held.Meant, held.Others)
	}
	matches, unmatched := Matches([]*Run{held.Baseline}, []*Run{newer})
	if len(matches) != 2 || len(unmatched) > 0 {
		t.Fatalf("%d cells match, %q do not", len(matches), unmatched)
	}
	for _, m := range matches {
		if e := m.New[0].Against(m.Old[0], metric.Must("mean(e2e)")); e.N != 6 || e.Estimate < 1.999 || e.Estimate > 2.001 {
			t.Errorf("%s: ×%v of %d blocks", m.New[0].Name, e.Estimate, e.N)
		}
	}
	one := run(blocks(at, "at-least-once", []float64{1, 2}))
	if same, none := one.Sides(); same != one || none != nil || one.Versus() != one {
		t.Error("a run of one side is not its own")
	}
}

func TestVersus(t *testing.T) {
	versus := twoSided().Versus()
	for _, c := range versus.Cells {
		e := c.Effect(metric.Must("mean(e2e)"))
		switch {
		case c.Axes["side"] == "baseline":
			if c.Base != c {
				t.Errorf("%s is held against %v", c.Name, c.Base)
			}
		case c.Base == nil || c.Base.Mode != c.Mode || e.Estimate < 1.999 || e.Estimate > 2.001:
			t.Errorf("%s: ×%v (%s)", c.Name, e.Estimate, e.Missing)
		}
	}
	if versus.Reference != "side=baseline" {
		t.Errorf("the reference is %s", versus.Reference)
	}
}

func TestSidePairs(t *testing.T) {
	for name, want := range map[string]string{
		"mode=a,side=new": "mode=a", "mode=a,side=baseline,txn_size=100": "mode=a,txn_size=100", "message_size=uniform(100,2000),mode=a,side=new": "message_size=uniform(100,2000),mode=a",
		"linger=0s,mode=a": "linger=0s,mode=a",
	} {
		if got := sidePair.ReplaceAllString(name, ""); got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
