package broker

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const rest = " 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 8765 1000 10"
	tests := []struct{ name, stat, want string }{
		{"plain", "42 (java) S" + rest, "8765"},
		{"a name with spaces and parentheses", "42 (a) R (b c) S" + rest, "8765"},
		{"ended, not reaped", "42 (java) Z" + rest, ""},
		{"dead", "42 (java) X" + rest, ""},
		{"cut short", "42 (java) S 1 1", ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := parseStat(tt.stat); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// tiedChild, set in a re-executed test's environment, names the program its node runs.
const tiedChild = "KEB_TEST_TIED_CHILD"

// A broker of one run ends with the process that started it, however that ends, and not a moment before.
func TestBrokerDiesWithTheTool(t *testing.T) {
	if program := os.Getenv(tiedChild); program != "" {
		n := &node{id: 1, dir: os.TempDir(), ended: make(chan struct{})}
		if err := n.start(java{path: program}, distribution{}, 1, false); err != nil {
			t.Fatal(err)
		}
		for range 20 { // threads that end must not take it along
			go func() { runtime.LockOSThread() }()
		}
		time.Sleep(100 * time.Millisecond)
		fmt.Println("broker", n.proc.PID)
		<-n.ended
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestBrokerDiesWithTheTool$")
	cmd.Env = append(os.Environ(), tiedChild+"="+script(t, "java", "exec sleep 300"), "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, convErr := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "broker ")))
	broker := processOf(pid)
	if err != nil || convErr != nil || !broker.alive() {
		t.Errorf("the child said %q (%v), of a broker that runs: %v", line, err, broker.alive())
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	deadline := time.Now().Add(10 * time.Second)
	for broker.alive() && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if broker.alive() {
		t.Errorf("process %d outlived the one that started it", pid)
	}
}
