package broker

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// startTime is when a process started, in clock ticks since boot (proc_pid_stat(5), field 22); "" when it has ended.
func startTime(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return parseStat(string(stat))
}

// parseStat takes the start time out of a stat line. The command's name stands in parentheses and may hold spaces
// and parentheses itself, so fields are counted from the last one.
func parseStat(stat string) string {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const state, start = 0, 19 // fields 3 and 22 of the whole line
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return ""
	}
	return fields[start]
}

// tied makes a child die with the thread that started it (prctl(2), PR_SET_PDEATHSIG), so its starter must stay
// locked to that thread. Its own process group keeps the terminal's Ctrl-C from it: the tool stops it in order.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
