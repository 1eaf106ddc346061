package proxy

import (
	"net"

	"golang.org/x/sys/unix"
)

// deafen makes a port refuse connections. On Linux shutdown(2) takes a socket out of listening and leaves it bound, so that
// nobody else gets its port. Connections not yet accepted are reset.
func deafen(l *net.TCPListener) error {
	return control(l, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RD) })
}

// listen puts it back.
func listen(l *net.TCPListener) error {
	return control(l, func(fd int) error { return unix.Listen(fd, unix.SOMAXCONN) })
}

func control(l *net.TCPListener, do func(fd int) error) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}
