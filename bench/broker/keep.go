package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// KeptState says how a cluster kept between runs is doing.
type KeptState string

// States of a kept cluster. Stale: it was started, and a process of it ended or it does not answer.
const (
	Running KeptState = "running"
	Stale   KeptState = "stale"
	None    KeptState = "none"
)

// Kept is a local cluster that keeps running between runs, of which there is one per machine and cache directory.
type Kept struct {
	State     KeptState
	Problem   string // what makes it stale
	Bootstrap string // host:port, comma-separated
	Nodes     int
	Version   string
	PIDs      []int
	DataDirs  []string
	Since     time.Time
}

// keptRecord is the stored form of a kept cluster.
type keptRecord struct {
	Bootstrap string    `json:"bootstrap"`
	Version   string    `json:"version"`
	Since     time.Time `json:"since"`
	Dir       string    `json:"dir"` // name below the machine's directory
	DataDirs  []string  `json:"data_dirs"`
	Brokers   []process `json:"brokers"`
}

// answerLimit is how long a kept cluster may take to answer before it counts as stale.
const answerLimit = 5 * time.Second

// Up starts a local cluster that keeps running, or returns the one that already does. A stale one is replaced. It is
// an error when one of another size or version runs.
func Up(ctx context.Context, o Options) (Kept, error) {
	if err := checkNodes(o.Nodes); err != nil {
		return Kept{}, err
	}
	unlock, err := lockKept(ctx, o)
	if err != nil {
		return Kept{}, err
	}
	defer unlock()
	record, kept, err := inspect(ctx, o)
	if err != nil {
		return Kept{}, err
	}
	if kept.State == Running {
		unfit, err := kept.unfit(o)
		if err == nil && unfit != "" {
			err = fmt.Errorf("a broker is already up at %s, and it has %s: take it down first, with 'broker down'", kept.Bootstrap, unfit)
		}
		return kept, err
	}
	if kept.State == Stale {
		o.say("the kept broker is stale (%s): cleaning up and starting another", kept.Problem)
		if err := discard(ctx, o, record); err != nil {
			return Kept{}, err
		}
	}
	sweep(ctx, o)
	o.Kind = Local
	c, err := startLocal(ctx, o, true)
	if err != nil {
		return Kept{}, err
	}
	started := keptRecord{
		Bootstrap: c.bootstrap(), Version: c.version, Since: time.Now().Round(time.Second),
		Dir: filepath.Base(c.dir.path), DataDirs: c.dataDirs(), Brokers: c.processes(),
	}
	// From here on it belongs to itself. Should this process end between the two, the next one finds the record and,
	// behind it, a cluster whose owner is dead.
	err = writeRecord(o, started)
	if err == nil {
		err = c.dir.own(ownership{Owners: started.Brokers, Brokers: started.Brokers})
	}
	if err != nil {
		return Kept{}, errors.Join(err, c.stop(context.WithoutCancel(ctx)))
	}
	return started.kept(), nil
}

// Down stops the kept cluster and removes its data; it says whether there was one.
func Down(ctx context.Context, o Options) (bool, error) {
	unlock, err := lockKept(ctx, o)
	if err != nil {
		return false, err
	}
	defer unlock()
	record, err := readRecord(o)
	if err != nil || record == nil {
		return false, err
	}
	return true, discard(ctx, o, record)
}

// Status looks at the kept cluster and asks it for an answer; it changes nothing.
func Status(ctx context.Context, o Options) (Kept, error) {
	_, kept, err := inspect(ctx, o)
	return kept, err
}

// openKept gives the kept cluster as a target that leaves it running, or nil when there is none to use. A stale one is
// cleaned up; what then takes its place belongs to the caller's run alone.
func openKept(ctx context.Context, o Options) (*Target, error) {
	_, kept, err := inspect(ctx, o)
	if err != nil || kept.State == None {
		return nil, err
	}
	if kept.State == Stale {
		return nil, cleanKept(ctx, o)
	}
	unfit, err := kept.unfit(o)
	if err != nil {
		return nil, err
	}
	if unfit != "" {
		o.say("the kept broker at %s has %s: starting one for this run", kept.Bootstrap, unfit)
		return nil, nil
	}
	o.say("broker %s: the kept Apache Kafka %s at %s, %s", o.Kind, kept.Version, kept.Bootstrap, plural(kept.Nodes, "node"))
	return &Target{
		Kind: Local, Bootstrap: kept.Bootstrap, Nodes: kept.Nodes, Version: kept.Version,
		PIDs: kept.PIDs, DataDirs: kept.DataDirs,
	}, nil
}

// cleanKept removes a stale cluster, unless another process has done so, or replaced it, while this one waited.
func cleanKept(ctx context.Context, o Options) error {
	unlock, err := lockKept(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	record, kept, err := inspect(ctx, o)
	if err != nil || kept.State != Stale {
		return err
	}
	o.say("the kept broker is stale (%s): cleaning up and starting one for this run", kept.Problem)
	return discard(ctx, o, record)
}

// unfit says in what the cluster differs from the one asked for, "" when in nothing.
func (k Kept) unfit(o Options) (string, error) {
	want, err := wantedVersion(o)
	switch {
	case err != nil:
		return "", err
	case o.Nodes != 0 && k.Nodes != o.Nodes:
		return fmt.Sprintf("%s, not %d", plural(k.Nodes, "node"), o.Nodes), nil
	case k.Version != want:
		return fmt.Sprintf("version %s, not %s", k.Version, want), nil
	}
	return "", nil
}

func (r keptRecord) kept() Kept {
	return Kept{
		State: Running, Bootstrap: r.Bootstrap, Nodes: len(r.Brokers), Version: r.Version,
		PIDs: pids(r.Brokers), DataDirs: r.DataDirs, Since: r.Since,
	}
}

// inspect reads the record and looks whether what it says is still so.
func inspect(ctx context.Context, o Options) (*keptRecord, Kept, error) {
	record, err := readRecord(o)
	if err != nil || record == nil {
		return nil, Kept{State: None}, err
	}
	kept := record.kept()
	for _, p := range record.Brokers {
		if !p.alive() {
			kept.State, kept.Problem = Stale, fmt.Sprintf("its process %d has ended", p.PID)
			return record, kept, nil
		}
	}
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if err := ready(limited, record.Bootstrap, len(record.Brokers), func() error { return nil }); err != nil {
		if ctx.Err() != nil {
			return nil, Kept{}, fmt.Errorf("asking the kept broker at %s: %w", record.Bootstrap, ctx.Err())
		}
		kept.State, kept.Problem = Stale, fmt.Sprintf("no answer from %s within %v: %v", record.Bootstrap, answerLimit, err)
	}
	return record, kept, nil
}

// discard ends what is left of a kept cluster and forgets it.
func discard(ctx context.Context, o Options, record *keptRecord) error {
	if err := terminate(ctx, record.Brokers, stopGrace); err != nil {
		return err
	}
	path, err := recordPath(o)
	if err != nil {
		return err
	}
	if err := (runDir{filepath.Join(filepath.Dir(path), record.Dir)}).remove(); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("forgetting the kept broker: %w", err)
	}
	return nil
}

func lockKept(ctx context.Context, o Options) (unlock func(), err error) {
	path, err := recordPath(o)
	if err != nil {
		return nil, err
	}
	return lock(ctx, path+".lock", func() { o.say("waiting for another process that starts or stops the kept broker") })
}

func recordPath(o Options) (string, error) {
	dir, err := machineDir(o.CacheDir)
	return filepath.Join(dir, "kept.json"), err
}

func writeRecord(o Options, r keptRecord) error {
	path, err := recordPath(o)
	if err != nil {
		return err
	}
	return writeJSON(path, r)
}

// readRecord gives nil when nothing is kept.
func readRecord(o Options) (*keptRecord, error) {
	path, err := recordPath(o)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is kept: %w", err)
	}
	r := new(keptRecord)
	err = json.Unmarshal(raw, r)
	if err == nil && (!strings.HasPrefix(r.Dir, runDirPrefix) || r.Dir != filepath.Base(r.Dir) || len(r.Brokers) == 0) {
		err = errors.New("it names no broker's directory") // which is what gets removed with the broker
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w): remove it, and end the Kafka it spoke of by hand", path, err)
	}
	return r, nil
}
