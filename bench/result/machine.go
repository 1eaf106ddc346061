package result

import (
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// ThisMachine describes the machine this process runs on. Kernel, processor and memory are known on Linux only.
func ThisMachine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if runtime.GOOS == "linux" {
		m.readProc(os.DirFS("/proc"))
	}
	return m
}

// readProc adds what Linux tells; what a file does not say stays empty.
func (m *Machine) readProc(proc fs.FS) {
	read := func(name string) string {
		data, err := fs.ReadFile(proc, name)
		if err != nil {
			return ""
		}
		return string(data)
	}
	m.Kernel = strings.TrimSpace(read("sys/kernel/osrelease"))
	m.CPU = field(read("cpuinfo"), "model name")
	kib, err := strconv.ParseInt(strings.TrimSuffix(field(read("meminfo"), "MemTotal"), " kB"), 10, 64)
	if err == nil && kib > 0 && kib < 1<<50 {
		m.MemoryBytes = kib << 10
	}
}

// field returns the value of the first "name : value" line.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ThisTool describes the running build.
func ThisTool() Tool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Tool{Version: "unknown", Commit: "unknown", Go: runtime.Version()}
	}
	return tool(info)
}

func tool(info *debug.BuildInfo) Tool {
	t := Tool{Version: info.Main.Version, Commit: "unknown", Go: info.GoVersion}
	if t.Version == "" || t.Version == "(devel)" {
		t.Version = "devel"
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			t.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if t.Commit != "unknown" {
		t.Commit += dirty
	}
	return t
}
