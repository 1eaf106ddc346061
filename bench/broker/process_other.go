//go:build !linux

package broker

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// startTime is when a process started, as ps tells it; "" when it has ended.
func startTime(pid int) string {
	out, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	state, started, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if strings.HasPrefix(state, "Z") {
		return ""
	}
	return strings.TrimSpace(started)
}

// tied keeps the terminal's Ctrl-C from a child. Nothing here ends it with a tool that was killed: the next Open does.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
