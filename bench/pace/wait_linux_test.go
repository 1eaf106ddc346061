package pace

import (
	"reflect"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// What a waiter asks of its thread would otherwise stay with it, and with every thread that it starts.
func TestTheThreadIsGivenBackAsItWas(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	state := func() (slack int, turns unix.SchedAttr) {
		t.Helper()
		slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return slack, *attr
	}
	slackBefore, turnsBefore := state()
	w := NewWaiter()
	slack, turns := state()
	if slack != timerSlack {
		t.Errorf("the slack is %d ns while waiting, want %d", slack, timerSlack)
	}
	if turns.Policy != turnsBefore.Policy || turns.Nice != turnsBefore.Nice {
		t.Errorf("policy %d and nice %d while waiting, were %d and %d", turns.Policy, turns.Nice, turnsBefore.Policy, turnsBefore.Nice)
	}
	w.Close()
	slackAfter, turnsAfter := state()
	if slackAfter != slackBefore || !reflect.DeepEqual(turnsAfter, turnsBefore) {
		t.Errorf("slack and turns are %d and %+v afterwards, were %d and %+v", slackAfter, turnsAfter, slackBefore, turnsBefore)
	}
}
