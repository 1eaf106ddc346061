package result

import (
	"runtime"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

func TestReadProc(t *testing.T) {
	var m Machine
	m.readProc(fstest.MapFS{
		"sys/kernel/osrelease": {Data: []byte("6.8.0-45-generic\n")},
		"cpuinfo":              {Data: []byte("processor\t: 0\nmodel\t\t: 85\nmodel name\t: Example CPU @ 2.60GHz\nmodel name\t: other\n")},
		"meminfo":              {Data: []byte("MemFree:  1 kB\nMemTotal:       24689764 kB\n")},
	})
	want := Machine{Kernel: "6.8.0-45-generic", CPU: "Example CPU @ 2.60GHz", MemoryBytes: 24689764 << 10}
	if m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	var none Machine
	none.readProc(fstest.MapFS{"meminfo": {Data: []byte("MemTotal: lots\n")}})
	if none != (Machine{}) {
		t.Errorf("got %+v from nothing", none)
	}
}

func TestThisMachine(t *testing.T) {
	m := ThisMachine()
	if m.OS != runtime.GOOS || m.Arch != runtime.GOARCH || m.CPUs < 1 {
		t.Errorf("got %+v", m)
	}
	if runtime.GOOS == "linux" && (m.Kernel == "" || m.MemoryBytes == 0) {
		t.Errorf("kernel or memory missing: %+v", m)
	}
}

func TestTool(t *testing.T) {
	setting := func(kv ...string) (s []debug.BuildSetting) {
		for i := 0; i < len(kv); i += 2 {
			s = append(s, debug.BuildSetting{Key: kv[i], Value: kv[i+1]})
		}
		return s
	}
	for name, c := range map[string]struct {
		version  string
		settings []debug.BuildSetting
		want     Tool
	}{
		"release":     {"v1.2.3", setting("vcs.revision", "abc", "vcs.modified", "false"), Tool{"v1.2.3", "abc", "go1.26"}},
		"dirty":       {"(devel)", setting("vcs.revision", "abc", "vcs.modified", "true"), Tool{"devel", "abc-dirty", "go1.26"}},
		"go run":      {"", nil, Tool{"devel", "unknown", "go1.26"}},
		"odd setting": {"v1", setting("vcs.modified", "true"), Tool{"v1", "unknown", "go1.26"}},
	} {
		info := &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: c.version}, Settings: c.settings}
		if got := tool(info); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if ThisTool().Go != runtime.Version() {
		t.Errorf("got %+v", ThisTool())
	}
}
