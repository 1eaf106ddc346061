package proxy

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// deafen makes a port refuse connections, and keeps it from others. On Linux shutdown(2) takes a socket out of listening; those
// not yet accepted are reset.
func deafen(l *net.TCPListener) error {
	at := l.Addr().(*net.TCPAddr)
	return control(l, func(fd int) error {
		if err := unix.Shutdown(fd, unix.SHUT_RD); err != nil {
			return err
		}
		// With its listening the socket has lost a port that the kernel chose, but not one that it asked for.
		err := unix.Bind(fd, &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())})
		if errors.Is(err, unix.EINVAL) { // it still has it, from the last time
			return nil
		}
		return err
	})
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
