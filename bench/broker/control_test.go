package broker

import (
	"strings"
	"testing"
	"time"
)

// A broker that is killed, one that is asked to end and one that is suspended come back, and the cluster is whole.
func TestRealControl(t *testing.T) {
	noLeaks(t)
	o, _ := realOptions(t, 3)
	o.Own = true
	target, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	control := target.Control
	before := control.cluster.processes()
	if err := control.Kill(2); err != nil {
		t.Fatal(err)
	}
	if before[1].alive() || !before[0].alive() || !before[2].alive() {
		t.Error("killing broker 2 ended another, or not it")
	}
	for what, err := range map[string]error{"kill": control.Kill(2), "suspend": control.Suspend(2), "unknown": control.Kill(4)} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := control.Start(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("starting what runs: %v", err)
	}
	if err := control.Start(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := control.Shutdown(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := control.Start(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := control.Suspend(1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := control.Resume(1); err != nil {
		t.Fatal(err)
	}
	roundTrip(t, target.Bootstrap, 3)
	if err := control.Suspend(1); err != nil { // a suspended one does not stand in the way of the end
		t.Fatal(err)
	}
	closeTarget(t, target)
	assertNoRunDirs(t, o)
}
