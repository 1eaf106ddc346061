package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Control breaks the brokers of a local cluster that this process started, one at a time, by node id: 1, 2 and 3. What it broke is
// whole again after Start and Resume; the target's Close ends brokers in whatever state they are.
type Control struct {
	cluster *local
	vm      java
	kafka   distribution
}

// shutdownLimit bounds a controlled shutdown, which moves the broker's leaderships away first.
const shutdownLimit = 60 * time.Second

// Kill ends a broker at once (SIGKILL), as a power cut would: what it had not written is lost to it.
func (c *Control) Kill(id int) error { return c.end(context.Background(), id, syscall.SIGKILL) }

// Shutdown ends a broker in order (SIGTERM): it hands its leaderships over first.
func (c *Control) Shutdown(ctx context.Context, id int) error { return c.end(ctx, id, syscall.SIGTERM) }

// Suspend halts a broker where it is (SIGSTOP): its connections stay open.
func (c *Control) Suspend(id int) error { return c.signal(id, syscall.SIGSTOP) }

// Resume lets a suspended broker run on (SIGCONT).
func (c *Control) Resume(id int) error { return c.signal(id, syscall.SIGCONT) }

// Start runs a broker that ended again, on its data, and waits until the cluster has all its brokers.
func (c *Control) Start(ctx context.Context, id int) error {
	n, err := c.node(id)
	if err != nil {
		return err
	}
	if n.proc.alive() {
		return fmt.Errorf("broker %d runs already", id)
	}
	n.ended = make(chan struct{})
	if err := n.start(c.vm, c.kafka, len(c.cluster.nodes), false); err != nil {
		return err
	}
	if err := c.cluster.dir.own(ownership{Owners: []process{processOf(os.Getpid())}, Brokers: c.cluster.processes()}); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err = ready(limited, c.cluster.bootstrap(), len(c.cluster.nodes), func() error {
		select {
		case <-n.ended:
			return fmt.Errorf("broker %d ended while it started again", id)
		default:
			return nil
		}
	})
	if err != nil {
		return fmt.Errorf("start broker %d again: %w", id, err)
	}
	return nil
}

// Ended waits until a broker has ended by itself, and tells whether it did before the context ended.
func (c *Control) Ended(ctx context.Context, id int) (bool, error) {
	n, err := c.node(id)
	if err != nil {
		return false, err
	}
	select {
	case <-n.ended:
		return true, nil
	case <-ctx.Done():
		return false, nil
	}
}

func (c *Control) node(id int) (*node, error) {
	for _, n := range c.cluster.nodes {
		if n.id == id {
			return n, nil
		}
	}
	return nil, fmt.Errorf("there is no broker %d among the %d started here", id, len(c.cluster.nodes))
}

func (c *Control) signal(id int, s syscall.Signal) error {
	n, err := c.node(id)
	if err != nil {
		return err
	}
	if !n.proc.alive() {
		return fmt.Errorf("broker %d does not run", id)
	}
	return syscall.Kill(n.proc.PID, s)
}

// end signals a broker and waits until it is gone.
func (c *Control) end(ctx context.Context, id int, s syscall.Signal) error {
	if err := c.signal(id, s); err != nil {
		return err
	}
	n, err := c.node(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shutdownLimit)
	defer cancel()
	select {
	case <-n.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("broker %d was asked to end and did not: %w", id, ctx.Err()), syscall.Kill(n.proc.PID, syscall.SIGKILL))
	}
}
