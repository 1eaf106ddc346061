package actor

import "syscall"

// tied makes a process die with the thread that started it (prctl(2), PR_SET_PDEATHSIG). A group of its own keeps the terminal's Ctrl-C
// from it.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
