package trial

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is the unit of /proc's CPU times, in ticks per second; Linux fixes it for user space (proc(5)).
const clockTicks = 100

// processCPU returns this process's user and system time.
func processCPU() (time.Duration, bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}

// residentBytes returns this process's resident size, where /proc tells.
func residentBytes() (int64, bool) {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// cpuOf adds up the CPU time of processes, where /proc tells of all of them.
func cpuOf(pids []int) (time.Duration, bool) {
	var ticks int64
	for _, pid := range pids {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, false
		}
		// The command's name, in parentheses, may hold spaces: fields count from behind it.
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if len(fields) < 13 {
			return 0, false
		}
		for _, f := range fields[11:13] { // utime, stime
			n, err := strconv.ParseInt(string(f), 10, 64)
			if err != nil {
				return 0, false
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / clockTicks, len(pids) > 0
}

// machineTicks reads the whole machine's CPU time since it started, and the part of it that a hypervisor gave to
// others while this machine wanted to run: the steal of proc_stat(5).
func machineTicks(stat []byte) (total, stolen int64, ok bool) {
	line, _, _ := bytes.Cut(stat, []byte{'\n'})
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return 0, 0, false
	}
	for i, f := range fields[1:9] { // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		total += n
		if i == 7 {
			stolen = n
		}
	}
	return total, stolen, true
}

// usage is what was used up to an instant.
type usage struct {
	client, broker                time.Duration
	machine, stolen               int64 // ticks
	clientOK, brokerOK, machineOK bool
}

func readUsage(brokerPIDs []int) (u usage) {
	u.client, u.clientOK = processCPU()
	u.broker, u.brokerOK = cpuOf(brokerPIDs)
	if stat, err := os.ReadFile("/proc/stat"); err == nil {
		u.machine, u.stolen, u.machineOK = machineTicks(stat)
	}
	return u
}

// stolen is the share of the machine's CPU time between two readings that a hypervisor gave to others.
func stolen(from, to usage) (share float64, ok bool) {
	if !from.machineOK || !to.machineOK || to.machine <= from.machine {
		return 0, false
	}
	return float64(to.stolen-from.stolen) / float64(to.machine-from.machine), true
}
