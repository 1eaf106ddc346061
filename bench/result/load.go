package result

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// Load reads a run from its directory or from a lone run.json. In a directory the trials stored one by one are the
// truth: a killed run has those that finished, whatever its run.json says. Where that says complete, it lists the very
// trials stored. Load is strict: a file that is cut short, missing, not ours or edited into something impossible is
// refused, naming the file and the field.
//
// It holds the largest file and what it returns, not the documents that files are decoded through.
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
		return loadRun(path, s.decodeRun)
	}
	trials, err := s.loadTrials(path)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(path, runFile)
	if len(trials.list) == 0 {
		return loadRun(file, s.decodeRun)
	}
	r, err := loadRun(file, func(data []byte) (*Run, error) { return s.decodeBeside(data, trials) })
	if err != nil {
		return nil, err
	}
	r.Trials = trials.list
	return r, nil
}

func loadRun(path string, decode func([]byte) (*Run, error)) (*Run, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load the run: %w", err)
	}
	r, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("load the run %s: %w", path, remedied(err))
	}
	return r, nil
}

// remedied adds to the error of an impossible trial what to do about it.
func remedied(err error) error {
	if _, ok := errors.AsType[*impossible](err); ok {
		return fmt.Errorf("%w; no trial is measured like that: put the file back as it was stored, or measure the trial again", err)
	}
	return err
}

// storedTrials are the trials of a run's directory, in running order.
type storedTrials struct {
	list []Trial
	ids  map[sum]string
}

// sum stands for a trial as it is written, white space apart.
type sum [sha256.Size]byte

func sumOf(trial []byte) sum {
	var b bytes.Buffer
	if json.Compact(&b, trial) != nil {
		return sum{} // no trial, which whoever decodes it will say
	}
	return sha256.Sum256(b.Bytes())
}

// loadTrials reads the trials of a run's directory.
func (s schemas) loadTrials(dir string) (*storedTrials, error) {
	dir = filepath.Join(dir, trialsDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) { // a run.json may have been copied without its trials
		return nil, fmt.Errorf("load the trials: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) != ".json" })
	sums := make([]sum, len(entries))
	trials, err := decodeAll(len(entries), func(i int) (*Trial, error) {
		path := filepath.Join(dir, entries[i].Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("load a trial: %w", err)
		}
		t, err := s.decodeTrial(data)
		if err != nil {
			return nil, fmt.Errorf("load the trial %s: %w", path, remedied(err))
		}
		if t.ID+".json" != entries[i].Name() {
			return nil, fmt.Errorf("load the trial %s: at '/id': %q belongs to another file", path, t.ID)
		}
		sums[i] = sumOf(data)
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	if err := distinct(trials); err != nil {
		return nil, fmt.Errorf("load the trials in %s: %w", dir, err)
	}
	ids := make(map[sum]string, len(trials))
	for i := range trials {
		ids[sums[i]] = trials[i].ID
	}
	inRunningOrder(trials)
	return &storedTrials{trials, ids}, nil
}

// decodeAll decodes trials on all processors at once, in their order. Its error is that of the first that has one.
func decodeAll(n int, decode func(i int) (*Trial, error)) ([]Trial, error) {
	trials, errs := make([]Trial, n), make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				t, err := decode(int(i))
				if err != nil {
					errs[i] = err
					next.Store(int64(n)) // those before it are under way or done
					return
				}
				trials[i] = *t
			}
		})
	}
	workers.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	share(trials)
	return trials, nil
}

// share lets the trials of a cell have one copy of their client configuration, which is most of a trial's memory and the same in all of them.
func share(trials []Trial) {
	ofCell := map[string]ClientConfig{}
	for i := range trials {
		t := &trials[i]
		if c, known := ofCell[t.Cell]; known && reflect.DeepEqual(c, t.ClientConfig) {
			t.ClientConfig = c
			continue
		}
		ofCell[t.Cell] = t.ClientConfig
	}
}

// decodeBeside reads a run.json whose trials lie beside it one by one. Where it is complete, it lists the very same: with two copies of
// every trial an edit of one shows.
func (s schemas) decodeBeside(data []byte, stored *storedTrials) (*Run, error) {
	r, written, err := s.decodeHead(data)
	if err != nil {
		return nil, err
	}
	listed := make(map[string]bool, len(written))
	var others []*Trial // that no stored trial is written like
	for i, data := range written {
		id, same := stored.ids[sumOf(data)]
		if !same {
			t, err := s.decodeTrial(data, "trials", strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			id, others = t.ID, append(others, t)
		}
		if err := once(listed, i, id); err != nil {
			return nil, err
		}
	}
	if !r.Complete {
		return r, nil
	}
	return r, stored.sameAs(listed, others)
}

// sameAs says where the trials that a complete run.json lists and those stored part: one is missing on either side, or is not what it is on
// the other.
func (s *storedTrials) sameAs(listed map[string]bool, others []*Trial) error {
	byID := make(map[string]*Trial, len(s.list))
	for i := range s.list {
		t := &s.list[i]
		byID[t.ID] = t
		if !listed[t.ID] {
			return fmt.Errorf("%s is none of the trials of %s, which is complete: move the file elsewhere", filepath.Join(trialsDir, t.ID+".json"), runFile)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(listed)) {
		if byID[id] == nil {
			return fmt.Errorf("%s is missing, though %s is complete and lists that trial: put the file back, or load %s alone, which holds every trial",
				filepath.Join(trialsDir, id+".json"), runFile, runFile)
		}
	}
	for _, t := range others {
		field, here, there, err := difference(byID[t.ID], t)
		if err != nil {
			return err
		}
		if field != "" {
			return fmt.Errorf("%s has %s in '%s', where %s has %s, though it is complete: one of the two was edited, put it back as it was stored",
				filepath.Join(trialsDir, t.ID+".json"), here, field, runFile, there)
		}
	}
	return nil
}

// difference names the first value in which two trials differ and spells both; no field where they are alike.
func difference(a, b *Trial) (field, inA, inB string, err error) {
	var docs [2]any
	for i, t := range []*Trial{a, b} {
		data, err := json.Marshal(t)
		if err != nil {
			return "", "", "", err
		}
		if err := json.Unmarshal(data, &docs[i]); err != nil {
			return "", "", "", err
		}
	}
	field, inA, inB = parting("", docs[0], docs[1])
	return field, inA, inB, nil
}

// parting walks two documents until they part.
func parting(at string, a, b any) (field, inA, inB string) {
	x, isObject := a.(map[string]any)
	if y, both := b.(map[string]any); isObject && both {
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if field, inA, inB := parting(at+"/"+key, x[key], y[key]); field != "" {
				return field, inA, inB
			}
		}
		return "", "", ""
	}
	if reflect.DeepEqual(a, b) {
		return "", "", ""
	}
	return at, show(a), show(b)
}

// distinct refuses two trials of a cell in one block: a copy would count as more evidence than there is.
func distinct(trials []Trial) error {
	type place struct {
		cell  string
		block int
	}
	seen := make(map[place]string, len(trials))
	for i := range trials {
		t := &trials[i]
		at := place{t.Cell, t.Block}
		if other, taken := seen[at]; taken {
			return fmt.Errorf("the trials %s and %s are both of the cell %s in block %d, which is measured once: remove the one that is a copy",
				other, t.ID, t.Cell, t.Block)
		}
		seen[at] = t.ID
	}
	return nil
}
