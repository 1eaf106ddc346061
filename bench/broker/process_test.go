package broker

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// child runs a shell command until it is told to end, and reaps it.
func child(t *testing.T, command string) process {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := processOf(cmd.Process.Pid)
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has got as far as saying so
		t.Fatal(err)
	}
	reaped := make(chan struct{})
	go func() { _ = cmd.Wait(); close(reaped) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-reaped })
	return p
}

func TestAlive(t *testing.T) {
	self := processOf(os.Getpid())
	if !self.alive() {
		t.Errorf("this process, %+v, is said to have ended", self)
	}
	if reused := (process{self.PID, self.Started + "0"}); reused.alive() {
		t.Error("a process of the same id and another start time is said to be the same")
	}
	if (process{PID: self.PID}).alive() {
		t.Error("a process of no start time is said to run")
	}
}

func TestTerminate(t *testing.T) {
	obeys := child(t, "echo; exec sleep 60")
	ignores := child(t, "trap '' TERM; echo; while :; do sleep 0.05; done")
	if err := terminate(t.Context(), []process{obeys, ignores}, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if obeys.alive() || ignores.alive() {
		t.Errorf("still alive: %v, %v", obeys.alive(), ignores.alive())
	}
}

// Another process that got the id of one that ended is not touched.
func TestTerminateSparesReusedID(t *testing.T) {
	p := child(t, "echo; exec sleep 60")
	if err := terminate(t.Context(), []process{{p.PID, p.Started + "0"}}, time.Second); err != nil {
		t.Fatal(err)
	}
	if !p.alive() {
		t.Error("it was ended")
	}
}
