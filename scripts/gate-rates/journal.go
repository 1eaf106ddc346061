package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// journalName is the file of a series' runs that says how they ended.
const journalName = "tries.jsonl"

// journal keeps how runs ended, so that a series that was interrupted, or stopped because the machine was not left alone, goes on where it was.
type journal struct {
	file  *os.File // nil: the series is kept nowhere
	plan  *plan    // nil before the pilot
	ended []entry
}

// series is what all of a journal's tries have in common.
type series struct {
	Tool      string         `json:"tool_sha256"`
	Machine   result.Machine `json:"machine"`
	Figure    string         `json:"figure"`
	Broker    string         `json:"broker"`
	Flags     []string       `json:"run_flags"`
	Unchanged int            `json:"unchanged"`
	Injected  int            `json:"injected"`
	MaxSteal  float64        `json:"max_steal"`
}

// entry is a run: a try, or one that was made again.
type entry struct {
	Again  bool    `json:"made_again"`
	Code   int     `json:"exit_code"`
	Figure float64 `json:"figure"` // 0: it has none
	Stolen float64 `json:"stolen"`
}

// line is one of the three, in the order in which they come about.
type line struct {
	Series *series `json:"series,omitempty"`
	Pilot  *plan   `json:"pilot,omitempty"`
	Run    *entry  `json:"run,omitempty"`
}

// openJournal begins one in the directory, or goes on with the one there, which has to be of the same series. Half a line at its end, of a
// program that was killed, is none.
func openJournal(s settings) (_ *journal, err error) {
	j := &journal{}
	if s.out == "" {
		return j, nil
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(s.out, journalName)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if found, err := os.ReadDir(s.out); err != nil || len(found) > 0 {
			return nil, errors.Join(err, fmt.Errorf("-out %s is not empty, and has no %s to go on with: give another", s.out, journalName))
		}
	}
	j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := j.read(s.series()); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), j.file.Close())
	}
	return j, nil
}

func (s *settings) series() series {
	return series{
		Tool: s.tool.digest, Machine: s.machine, Figure: s.figure, Broker: string(s.kind), Flags: append([]string{}, s.extra...),
		Unchanged: s.unchanged, Injected: s.injected, MaxSteal: s.maxSteal,
	}
}

func (j *journal) read(own series) error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	if err := j.file.Truncate(int64(len(whole))); err != nil {
		return err
	}
	if _, err := j.file.Seek(int64(len(whole)), io.SeekStart); err != nil {
		return err
	}
	if len(whole) == 0 {
		return j.write(line{Series: &own})
	}
	n := 0
	for text := range bytes.Lines(whole) {
		n++
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		switch {
		case n == 1 && (l.Series == nil || !reflect.DeepEqual(*l.Series, own)):
			return errors.New("it is of another series: give the same flags, of the same source tree on the same machine, or another -out")
		case l.Pilot != nil:
			j.plan = l.Pilot
		case l.Run != nil:
			j.ended = append(j.ended, *l.Run)
		}
	}
	return nil
}

func (j *journal) write(l line) error {
	if j.file == nil {
		return nil
	}
	text, err := json.Marshal(l)
	if err == nil {
		_, err = j.file.Write(append(text, '\n'))
	}
	return err
}

func (j *journal) begin(p plan) error {
	j.plan = &p
	return j.write(line{Pilot: &p})
}

func (j *journal) add(o outcome, again bool) error {
	e := entry{Again: again, Code: o.code, Figure: o.figure, Stolen: o.stolen}
	if math.IsNaN(e.Figure) {
		e.Figure = 0
	}
	j.ended = append(j.ended, e)
	return j.write(line{Run: &e})
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
