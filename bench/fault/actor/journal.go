package actor

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

// Kind is what an entry of the journal notes.
type Kind byte

// Kinds of entries. What may have an effect before it returns is noted before it is done, and again afterwards.
const (
	Initialised Kind = 'i' // initTransactions returned; N is how long it took in ns
	Sending     Kind = 's' // record N is about to be handed over
	Acked       Kind = 'a' // record N was acknowledged
	Undelivered Kind = 'u' // record N was reported undelivered
	Offering    Kind = 'o' // the group's offset N is about to be sent with the transaction
	Offered     Kind = 'p' // offset N was sent, or not: Text says why
	Ending      Kind = 'c' // the commit of the transaction is about to be called
	Ended       Kind = 'e' // the transaction ended; N is its client.Outcome
	Waiting     Kind = 'w' // for Process.Go
	Dying       Kind = 'd' // SIGKILL is about to be sent
	Failing     Kind = 'x' // nothing follows; Text says why, N is client.Fenced where the producer was refused for good
	Finished    Kind = 'f' // the script is over
)

func known(k Kind) bool {
	switch k {
	case Initialised, Sending, Acked, Undelivered, Offering, Offered, Ending, Ended, Waiting, Dying, Failing, Finished:
		return true
	}
	return false
}

// Entry is one line of the journal.
type Entry struct {
	Kind Kind
	At   int64 // clock ns
	N    int64
	Text string
}

// journal writes entries, each with one write(2): what is written is in the pipe, whatever becomes of the process.
type journal struct {
	mu  sync.Mutex
	w   io.Writer
	buf []byte
	err error
}

func (j *journal) note(k Kind, n int64, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.buf[:0]
	b = append(b, byte(k), ' ')
	b = strconv.AppendInt(b, clock.Now(), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, n, 10)
	if text != "" {
		b = append(append(b, ' '), strings.ReplaceAll(text, "\n", "; ")...)
	}
	b = append(b, '\n')
	j.buf = b
	if _, err := j.w.Write(j.buf); j.err == nil {
		j.err = err
	}
}

// parse reads one line of a journal, without its end.
func parse(line string) (Entry, error) {
	fields := strings.SplitN(line, " ", 4)
	if len(fields) < 3 || len(fields[0]) != 1 || !known(Kind(fields[0][0])) {
		return Entry{}, fmt.Errorf("%.100q is no entry of a journal", line)
	}
	e := Entry{Kind: Kind(fields[0][0])}
	var errAt, errN error
	e.At, errAt = strconv.ParseInt(fields[1], 10, 64)
	e.N, errN = strconv.ParseInt(fields[2], 10, 64)
	if errAt != nil || errN != nil || e.N < 0 {
		return Entry{}, fmt.Errorf("%.100q has no time or number", line)
	}
	if len(fields) == 4 {
		e.Text = fields[3]
	}
	return e, nil
}

// read hands on entries until the writer is gone. A last line without an end was being written when the process died, and is dropped.
func read(r io.Reader, take func(Entry)) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read an actor's journal: %w", err)
		}
		e, err := parse(line[:len(line)-1])
		if err != nil {
			return err
		}
		take(e)
	}
}

// ledger turns a journal into what the session is judged by. A transaction whose commit was never called cannot have been committed. One whose
// commit was called and not answered, or fenced, is indeterminate, unless overtaken tells that a successor had been
// initialised before the call: then it had been aborted, whatever the call answered.
func ledger(entries []Entry, transactional bool, overtaken func(called int64) bool) verify.Session {
	s := verify.Session{Sent: &verify.SendLog{}, Acked: &verify.AckLog{}}
	called := int64(0) // when the open transaction's commit was
	end := func(o client.Outcome) {
		if called > 0 && overtaken(called) {
			o = client.Aborted
		}
		s.Sent.EndTxn(o)
		called = 0
	}
	for _, e := range entries {
		switch e.Kind {
		case Sending:
			s.Sent.Sent()
		case Acked:
			s.Acked.Acked(uint64(e.N))
		case Undelivered:
			s.Acked.Failed()
		case Ending:
			called = e.At
		case Ended:
			end(client.Outcome(e.N))
		}
	}
	switch {
	case !transactional:
	case called > 0:
		end(client.Indeterminate)
	default:
		end(client.Aborted)
	}
	return s
}
