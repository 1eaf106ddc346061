package result

import (
	"fmt"
	"os"
	"path/filepath"
)

// Load reads a run from its directory or from a lone run.json. In a directory the trials stored one by one are the
// truth: a killed run has those that finished, whatever its run.json says. Load is strict: a file that is cut short,
// not ours or edited into something impossible is refused, naming the file and the field.
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
	if len(trials) > 0 {
		r.Trials = trials
	}
	return r, nil
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
	inRunningOrder(trials)
	return trials, nil
}
