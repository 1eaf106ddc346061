package trial

import (
	"errors"
	"io"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// files are what a trial streams to while it runs; they take their names when it has ended.
type files struct {
	opened      []output
	hlog        io.Writer
	series, lag *measure.Series
}

type output interface {
	io.Writer
	Commit() error
	Abort() error
}

// open makes a trial's files, or none where nothing of it is kept.
func (f *files) open(store *result.Store, id string) error {
	var writers []io.Writer
	for _, ext := range []string{"hlog", "csv", "lag.csv"} {
		if store == nil {
			writers = append(writers, io.Discard)
			continue
		}
		file, err := store.TrialFile(id, ext)
		if err != nil {
			return err
		}
		f.opened = append(f.opened, file)
		writers = append(writers, file)
	}
	f.hlog = writers[0]
	f.series = measure.NewSeries(writers[1], seriesColumns)
	f.lag = measure.NewSeries(writers[2], lagColumns)
	return nil
}

func (f *files) commit() error {
	var errs []error
	for _, file := range f.opened {
		errs = append(errs, file.Commit())
	}
	return errors.Join(errs...)
}

func (f *files) abort() {
	for _, file := range f.opened {
		_ = file.Abort() // the trial is given up: what is left of it does not matter
	}
}
