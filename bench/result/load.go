package result

import (
	"fmt"
	"os"
	"path/filepath"
)

// Load reads a run from its directory or from a lone run.json. In a directory the trials stored one by one are the
// truth: a killed run has those that finished, whatever its run.json says. Where that says complete, it lists the very
// trials stored. Load is strict: a file that is cut short, missing, not ours or edited into something impossible is
// refused, naming the file and the field.
func Load(path string) (*Run, error) {
	s, err := compileSchemas()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("load the run: %w", err)
	}
	if !info.IsDir() {
		return s.loadRun(path)
	}
	r, err := s.loadRun(filepath.Join(path, runFile))
	if err != nil {
		return nil, err
	}
	trials, err := s.loadTrials(path)
	if err != nil {
		return nil, err
	}
	if len(trials) == 0 {
		return r, nil
	}
	if r.Complete {
		if err := sameTrials(r.Trials, trials); err != nil {
			return nil, fmt.Errorf("load the run %s: %w", path, err)
		}
	}
	r.Trials = trials
	return r, nil
}

// sameTrials says which of the trials that a complete run.json lists is not stored, or the other way round.
func sameTrials(listed, stored []Trial) error {
	left := make(map[string]bool, len(stored))
	for _, t := range stored {
		left[t.ID] = true
	}
	for _, t := range listed {
		if !left[t.ID] {
			return fmt.Errorf("%s is missing, though %s is complete and lists that trial: put the file back, or load %s alone, which holds every trial",
				filepath.Join(trialsDir, t.ID+".json"), runFile, runFile)
		}
		delete(left, t.ID)
	}
	for _, t := range stored {
		if left[t.ID] {
			return fmt.Errorf("%s is none of the trials of %s, which is complete: move the file elsewhere", filepath.Join(trialsDir, t.ID+".json"), runFile)
		}
	}
	return nil
}

// distinct refuses two trials of a cell in one block: a copy would count as more evidence than there is.
func distinct(trials []Trial) error {
	type place struct {
		cell  string
		block int
	}
	seen := make(map[place]string, len(trials))
	for _, t := range trials {
		at := place{t.Cell, t.Block}
		if other, taken := seen[at]; taken {
			return fmt.Errorf("the trials %s and %s are both of the cell %s in block %d, which is measured once: remove the one that is a copy",
				other, t.ID, t.Cell, t.Block)
		}
		seen[at] = t.ID
	}
	return nil
}

func (s schemas) loadRun(path string) (*Run, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load the run: %w", err)
	}
	r, err := s.decodeRun(data)
	if err != nil {
		return nil, fmt.Errorf("load the run %s: %w", path, err)
	}
	return r, nil
}

// loadTrials reads the trials of a run's directory in running order.
func (s schemas) loadTrials(dir string) ([]Trial, error) {
	entries, err := os.ReadDir(filepath.Join(dir, trialsDir))
	if err != nil && !os.IsNotExist(err) { // a run.json may have been copied without its trials
		return nil, fmt.Errorf("load the trials: %w", err)
	}
	trials := []Trial{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		path := filepath.Join(dir, trialsDir, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("load a trial: %w", err)
		}
		t, err := s.decodeTrial(data)
		if err != nil {
			return nil, fmt.Errorf("load the trial %s: %w", path, err)
		}
		if t.ID+".json" != e.Name() {
			return nil, fmt.Errorf("load the trial %s: at '/id': %q belongs to another file", path, t.ID)
		}
		trials = append(trials, *t)
	}
	if err := distinct(trials); err != nil {
		return nil, fmt.Errorf("load the trials in %s: %w", filepath.Join(dir, trialsDir), err)
	}
	inRunningOrder(trials)
	return trials, nil
}
