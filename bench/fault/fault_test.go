package fault

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestScenariosAreNamedAndDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range All() {
		if seen[s.Name] || s.Summary == "" || s.act == nil || s.Nodes != 1 && s.Nodes != 3 {
			t.Errorf("%+v is no proper scenario", s)
		}
		seen[s.Name] = true
		if s.Needs&Actors != 0 && s.sessions == 0 {
			t.Errorf("%s starts producers and has no sessions for them", s.Name)
		}
		if !strings.Contains(string(doc), "| `"+s.Name+"` |") {
			t.Errorf("docs/faults.md does not say what %s is", s.Name)
		}
		if found, err := ByName(s.Name); err != nil || found.Name != s.Name {
			t.Errorf("%s is not found: %v", s.Name, err)
		}
	}
	if _, err := ByName("zombi"); err == nil || !strings.Contains(err.Error(), "did you mean zombie?") {
		t.Errorf("got %v", err)
	}
	if _, err := ByName("earthquake"); err == nil || !strings.Contains(err.Error(), "known are lost-ack") {
		t.Errorf("got %v", err)
	}
	zombie, _ := ByName("zombie")
	for name, want := range map[string]bool{"transactional": true, "idempotent": false} {
		if m, _ := workload.ModeByName(name); zombie.Concerns(m) != want {
			t.Errorf("zombie and %s: %t", name, !want)
		}
	}
}

// steps are reads per second over stretches of a second each.
type steps []int64

func (s steps) Read(from, to int64) (n int64) {
	const ms = int64(time.Millisecond)
	for at := from; at < to; at += ms {
		if i := int(at / int64(time.Second)); i < len(s) {
			n += s[i]
		}
	}
	return n / 1000
}

func (s steps) Acked(from, to int64) int64 { return s.Read(from, to) }

func TestRecovery(t *testing.T) {
	const second = int64(time.Second)
	for _, c := range []struct {
		name  string
		reads steps
		from  int64 // s
		want  float64
	}{
		{"nothing happened", steps{1000, 1000, 1000, 1000, 1000}, 2, 0},
		{"three seconds of nothing", steps{1000, 1000, 0, 0, 0, 1000, 1000}, 2, 3},
		{"slow after the gap", steps{1000, 1000, 0, 500, 500, 1000, 1000}, 2, 2.8}, // a second that begins 0.8 into the slow one holds 900
		{"a slow second before the gap", steps{1000, 1000, 800, 1000, 0, 1000, 1000}, 2, 3},
		{"never again", steps{1000, 1000, 0, 500, 500, 500}, 2, -1},
		{"too early to compare with", steps{1000, 0, 1000}, 0, -1},
	} {
		got := recovery(c.reads, 0, c.from*second, int64(len(c.reads))*second)
		switch {
		case c.want < 0 && got != nil:
			t.Errorf("%s: recovered after %v s", c.name, *got)
		case c.want >= 0 && (got == nil || *got < c.want-0.011 || *got > c.want+0.011):
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// A fault that heals behind the window's end, where no load is due, is no reason for a low rate.
func TestRatesEndWithTheWindow(t *testing.T) {
	const second = int64(time.Second)
	reads := steps{1000, 1000, 500, 500, 0, 0, 0}
	before, during, after := rates(reads, 0, 2*second, 6*second, 4*second)
	if before == nil || before.ReadPerS != 1000 || during == nil || during.ReadPerS != 500 || after != nil {
		t.Errorf("got %+v, %+v, %+v", before, during, after)
	}
	before, during, after = rates(reads, 0, 0, 3*second, 4*second)
	if before != nil || during == nil || during.ReadPerS != 2500.0/3 || after == nil || after.ReadPerS != 500 {
		t.Errorf("got %+v, %+v, %+v", before, during, after)
	}
}
