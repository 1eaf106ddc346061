package result

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// File names inside a run's directory.
const (
	runFile   = "run.json"
	trialsDir = "trials"
	partial   = ".partial" // what a killed run leaves half written; readers pass it over
)

// Store is a run's directory while the run is under way. One goroutine uses it at a time.
type Store struct {
	dir     string
	run     *Run
	schemas schemas
}

// Create makes dir a run's directory and writes run.json with complete false, so that a directory that cannot be
// written to is known before anything is measured. The run is kept: what is set in it later, Finish stores.
//
// A directory that holds something else, or another run, is refused and left alone. One that holds this very run
// (the same run_id) is taken up again with the trials it has. Nothing keeps two processes from it: see Lock.
func Create(dir string, run *Run) (*Store, error) {
	s := &Store{dir: dir, run: run}
	var err error
	if s.schemas, err = compileSchemas(); err != nil {
		return nil, err
	}
	if err := s.claim(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, trialsDir), 0o777); err != nil {
		return nil, fmt.Errorf("create the result directory: %w; name another with --out", err)
	}
	started := *run
	started.Complete = false
	if err := s.writeRun(&started); err != nil {
		return nil, err
	}
	return s, nil
}

// claim refuses a directory whose content is not this run's.
func (s *Store) claim() error {
	empty, err := Empty(s.dir)
	if errors.Is(err, fs.ErrNotExist) || empty {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the result directory: %w; name another with --out", err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, runFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the result directory %s is not empty and holds no run: name a new or empty one with --out", s.dir)
	}
	if err != nil {
		return fmt.Errorf("look at the run in the result directory: %w", err)
	}
	there, err := s.schemas.decodeRun(data)
	if err != nil {
		return fmt.Errorf("the result directory %s is not empty, its %s is no run of ours (%w): name a new or empty one with --out",
			s.dir, runFile, err)
	}
	if there.RunID != s.run.RunID {
		return fmt.Errorf("the result directory %s holds run %s already: name a new or empty one with --out", s.dir, there.RunID)
	}
	return nil
}

// Empty says whether a directory holds nothing; the lock of its writer is nothing.
func Empty(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != lockFile }), err
}

// WriteTrial stores a finished trial as trials/<id>.json, whole or not at all, replacing an earlier one of that id.
// A trial that Load would refuse is refused here, naming the field, and kept beside the others as <id>.refused: it was measured, and is a
// defect of whoever counted it.
func (s *Store) WriteTrial(t *Trial) error {
	if err := checkID(t.ID); err != nil {
		return err
	}
	stored := t.stored()
	var b bytes.Buffer
	if err := Indented(&b, &stored); err != nil {
		return fmt.Errorf("encode trial %s: %w", t.ID, err)
	}
	if _, err := s.schemas.decodeTrial(b.Bytes()); err != nil {
		kept := filepath.Join(trialsDir, t.ID+".refused")
		return errors.Join(fmt.Errorf("store trial %s: %w; this is a defect of the tool, please report it with %s", t.ID, err, kept), s.replace(kept, b.Bytes()))
	}
	return s.replace(filepath.Join(trialsDir, t.ID+".json"), b.Bytes())
}

// TrialFile opens trials/<id>.<ext> for streaming, ext without a dot. It appears under that name when committed;
// until then, and after a crash, it is called <id>.<ext>.partial.
func (s *Store) TrialFile(id, ext string) (*File, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if err := checkID(ext); err != nil {
		return nil, err
	}
	return createFile(filepath.Join(s.dir, trialsDir, id+"."+ext))
}

// Finish assembles run.json from the stored trials, by block and then in the order they ran. Afterwards the run
// given to Create holds what was stored. It is complete when all of the planned trials are there and none was cut
// short.
func (s *Store) Finish(planned int) error {
	return s.finish(func(trials []Trial) bool {
		return len(trials) == planned && !slices.ContainsFunc(trials, func(t Trial) bool { return !t.Complete })
	})
}

// FinishAs is Finish for a run of which its caller alone knows whether it is complete: a trial that ended early may be all that was to be learnt.
func (s *Store) FinishAs(complete bool) error {
	return s.finish(func([]Trial) bool { return complete })
}

func (s *Store) finish(complete func([]Trial) bool) error {
	trials, err := s.schemas.loadTrials(s.dir)
	if err != nil {
		return err
	}
	s.run.Trials = trials.list
	s.run.Complete = complete(trials.list)
	return s.writeRun(s.run)
}

func (s *Store) writeRun(r *Run) error {
	var b bytes.Buffer
	if err := Encode(&b, r); err != nil {
		return fmt.Errorf("encode %s: %w", runFile, err)
	}
	if _, err := s.schemas.decodeRun(b.Bytes()); err != nil {
		return fmt.Errorf("store %s: %w", runFile, err)
	}
	return s.replace(runFile, b.Bytes())
}

// replace writes a file of the run's directory, whole or not at all.
func (s *Store) replace(name string, data []byte) error {
	f, err := createFile(filepath.Join(s.dir, name))
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.Commit()
}

// inRunningOrder sorts by block, then by when a trial ran.
func inRunningOrder(trials []Trial) {
	slices.SortFunc(trials, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// checkID keeps an id inside the directory it names a file of.
func checkID(id string) error {
	if !plainName.MatchString(id) {
		return fmt.Errorf("%q cannot name a trial's file: letters, digits, '-', '_' and '.' only", id)
	}
	return nil
}
