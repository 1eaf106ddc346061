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

// usage is what was used up to an instant.
type usage struct {
	client, broker     time.Duration
	clientOK, brokerOK bool
}

func readUsage(brokerPIDs []int) (u usage) {
	u.client, u.clientOK = processCPU()
	u.broker, u.brokerOK = cpuOf(brokerPIDs)
	return u
}
