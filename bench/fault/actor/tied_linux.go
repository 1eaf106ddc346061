package actor

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// tied makes a process die with the thread that started it (prctl(2), PR_SET_PDEATHSIG). A group of its own keeps the terminal's Ctrl-C
// from it.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// halted waits until a child that was sent SIGSTOP has stopped, or is gone. It leaves its end for others to wait for.
func halted(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
