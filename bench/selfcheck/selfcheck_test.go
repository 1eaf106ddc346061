package selfcheck

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOffline(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Offline() {
		t.Logf("%s: %s: %v %s, %v ± %v, %s", c.Subject, c.Name, *c.Measured, c.Unit, c.Expected, c.Tolerance, c.Verdict)
		if c.Verdict != Pass {
			t.Errorf("%s: %s: %s: %s", c.Subject, c.Name, c.Verdict, c.Note)
		}
		seen[c.Subject] = true
	}
	if len(seen) != 3 {
		t.Errorf("subjects %v", seen)
	}
}
