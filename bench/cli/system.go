package cli

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// OS is the one door to the operating system: whole commands run in memory with another one in its place.
type OS struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            []string // as os.Environ
	LookPath       func(string) (string, error)
	CacheDir       string
	Self           string // this program's file, which it starts again as another process
	Now            func() time.Time
	Width          int        // columns of the terminal behind Stdout; 0: it is none
	Live           bool       // Stderr is a terminal that a line can be rewritten on
	Columns        func() int // of that terminal, as it is now
	// Signals delivers interrupts until stop is called.
	Signals func() (signals <-chan os.Signal, stop func())
	Exit    func(code int) // at once, on a second interrupt
}

// System is the operating system this process runs on.
func System() OS {
	s := OS{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ(), LookPath: exec.LookPath,
		Now: time.Now, Live: term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb", Exit: os.Exit,
		Signals: func() (<-chan os.Signal, func()) {
			c := make(chan os.Signal, 2)
			signal.Notify(c, os.Interrupt, syscall.SIGTERM)
			// Who read our output may be gone: writes then fail, instead of this process, and a run is brought to its end.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			return c, func() { signal.Stop(c) }
		},
	}
	s.Columns = func() int {
		width, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil {
			return 80
		}
		return width
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		s.Width = width
	}
	s.Self, _ = os.Executable() // what needs it says that it is not there
	if dir := s.getenv("KEB_CACHE_DIR"); dir != "" {
		s.CacheDir = dir
	} else if dir, err := os.UserCacheDir(); err == nil {
		s.CacheDir = filepath.Join(dir, "kafka-eos-bench")
	}
	return s
}

func (s OS) getenv(name string) string {
	for i := len(s.Env) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(s.Env[i], "="); key == name {
			return value
		}
	}
	return ""
}
