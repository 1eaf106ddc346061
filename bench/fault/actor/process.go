package actor

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

// Process is a producer process as its starter sees it. Its methods may be called from any goroutine.
type Process struct {
	Config
	command *exec.Cmd
	stdin   io.WriteCloser
	stderr  bytes.Buffer
	ended   chan struct{}

	mu      sync.Mutex
	entries []Entry
	changed chan struct{} // closed and replaced with every entry
	err     error         // of reading the journal
}

// Start starts a producer process: command must be one that calls Serve with its standard input and output. It dies with this process. Its owner calls
// Kill in the end, whatever has become of it.
func Start(command *exec.Cmd, cfg Config) (*Process, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p := &Process{Config: cfg, command: command, ended: make(chan struct{}), changed: make(chan struct{})}
	command.Stderr = &p.stderr
	command.SysProcAttr = tied()
	var err error
	if p.stdin, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the process would die with the thread that started it
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err != nil {
			return
		}
		if err = read(stdout, p.take); err != nil {
			_ = command.Process.Kill() // nobody empties its pipe any more
		}
		_ = command.Wait() // being killed is not an error here: how it went is in the journal
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start a producer process: %w", err)
	}
	if err := gob.NewEncoder(p.stdin).Encode(&cfg); err != nil {
		p.Kill()
		return nil, fmt.Errorf("tell a producer process what to do: %w%s", err, p.said())
	}
	return p, nil
}

func (p *Process) take(e Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, e)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Entries are what the journal holds so far.
func (p *Process) Entries() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.entries)
}

// Until waits for the first entry of a kind and returns it. It is an error if the process ends without one.
func (p *Process) Until(ctx context.Context, kind Kind) (Entry, error) {
	seen := 0
	for {
		p.mu.Lock()
		fresh, changed, err := p.entries[seen:], p.changed, p.err
		seen = len(p.entries)
		p.mu.Unlock()
		for _, e := range fresh {
			if e.Kind == kind {
				return e, nil
			}
		}
		select {
		case <-changed:
		case <-p.ended:
			p.mu.Lock()
			more := len(p.entries) > seen
			p.mu.Unlock()
			if !more {
				return Entry{}, fmt.Errorf("producer process %s ended without what was waited for%s: %w", p.ClientID, p.said(), errors.Join(p.failure(), err))
			}
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("producer process %s: %w", p.ClientID, ctx.Err())
		}
	}
}

// failure is what the process journalled of its own end, if anything.
func (p *Process) failure() error {
	for _, e := range p.Entries() {
		if e.Kind == Failing {
			return errors.New(e.Text)
		}
	}
	return nil
}

// said is the process's standard error; after its end.
func (p *Process) said() string {
	<-p.ended
	if p.stderr.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(" (it said %.300q)", p.stderr.String())
}

// Go lets a process that waits go on.
func (p *Process) Go() error {
	_, err := p.stdin.Write([]byte{'\n'})
	return err
}

// Stop halts the process where it is (SIGSTOP).
func (p *Process) Stop() error { return p.command.Process.Signal(syscall.SIGSTOP) }

// Continue lets a stopped process run again (SIGCONT).
func (p *Process) Continue() error { return p.command.Process.Signal(syscall.SIGCONT) }

// Kill ends the process (SIGKILL), also a stopped one, and waits until it is gone. Killing one that has ended does nothing.
func (p *Process) Kill() {
	_ = p.command.Process.Kill()
	_ = p.stdin.Close()
	<-p.ended
}

// Ended is closed when the process is gone and all of its journal has been read.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Session is what the process's records are judged by, once it has ended. overtaken tells whether a commit called then came after a successor
// with the same transactional id had been initialised.
func (p *Process) Session(overtaken func(called int64) bool) verify.Session {
	return ledger(p.Entries(), p.TransactionalID != "", overtaken)
}
