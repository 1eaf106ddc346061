package broker

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	s := &said{t: t}
	o := Options{CacheDir: t.TempDir(), Say: s.say}
	self := processOf(os.Getpid())
	orphan := child(t, "echo; exec sleep 60")
	dead := process{self.PID, "1"} // the id is in use, by another process
	dirs := map[string]runDir{}
	for _, name := range []string{"own", "dead", "with orphan", "no owner yet", "no owner, old", "kept"} {
		dir, err := newRunDir(o.CacheDir)
		if err != nil {
			t.Fatal(err)
		}
		dirs[name] = dir
	}
	own := func(name string, owner ownership) {
		if err := dirs[name].own(owner); err != nil {
			t.Fatal(err)
		}
	}
	own("dead", ownership{Owners: []process{dead}})
	own("with orphan", ownership{Owners: []process{dead}, Brokers: []process{orphan, dead}})
	kept := child(t, "echo; exec sleep 60")
	own("kept", ownership{Owners: []process{dead, kept}, Brokers: []process{dead, kept}})
	for _, name := range []string{"no owner yet", "no owner, old"} {
		if err := os.Remove(filepath.Join(dirs[name].path, ownerFile)); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dirs["no owner, old"].path, old, old); err != nil {
		t.Fatal(err)
	}

	sweep(t.Context(), o)

	for name, want := range map[string]bool{
		"own": true, "dead": false, "with orphan": false, "no owner yet": true, "no owner, old": false, "kept": true,
	} {
		if _, err := os.Stat(dirs[name].path); (err == nil) != want {
			t.Errorf("%s: still there: %v, want %v", name, !errors.Is(err, os.ErrNotExist), want)
		}
	}
	if orphan.alive() || !kept.alive() {
		t.Errorf("orphaned broker runs: %v, want false; kept one runs: %v, want true", orphan.alive(), kept.alive())
	}
	if got := s.count("cleaned up"); got != 3 {
		t.Errorf("said %q", s.lines)
	}
}
