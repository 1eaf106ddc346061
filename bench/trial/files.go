package trial

import (
	"errors"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// files are what a trial streams to while it runs; they take their names when it has ended.
type files struct {
	hlog, seriesFile, lagFile *result.File
	series, lag               *measure.Series
}

func (f *files) open(store *result.Store, id string) (err error) {
	if f.hlog, err = store.TrialFile(id, "hlog"); err != nil {
		return err
	}
	if f.seriesFile, err = store.TrialFile(id, "csv"); err != nil {
		return err
	}
	if f.lagFile, err = store.TrialFile(id, "lag.csv"); err != nil {
		return err
	}
	f.series = measure.NewSeries(f.seriesFile, seriesColumns)
	f.lag = measure.NewSeries(f.lagFile, lagColumns)
	return nil
}

func (f *files) all() []*result.File { return []*result.File{f.hlog, f.seriesFile, f.lagFile} }

func (f *files) commit() error {
	var errs []error
	for _, file := range f.all() {
		errs = append(errs, file.Commit())
	}
	return errors.Join(errs...)
}

func (f *files) abort() {
	for _, file := range f.all() {
		if file != nil {
			_ = file.Abort() // the trial is given up: what is left of it does not matter
		}
	}
}
