package broker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Starve lets a broker write nothing more to any file (RLIMIT_FSIZE, prlimit(2)), which it meets as it would a full disk: its writes fail. A broker
// that is started again has room.
func (c *Control) Starve(id int) error {
	n, err := c.node(id)
	if err != nil {
		return err
	}
	if err := unix.Prlimit(n.proc.PID, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 0, Max: unix.RLIM_INFINITY}, nil); err != nil {
		return fmt.Errorf("bound the files of broker %d: %w", id, err)
	}
	return nil
}
