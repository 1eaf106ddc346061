package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// browser is one that runs without a window, driven by its DevTools protocol over a pipe: messages of JSON, each ended by a zero byte.
type browser struct {
	process *exec.Cmd
	profile string
	to      *os.File
	from    *bufio.Reader
	last    int
	tabs    map[string]*tab // by session
}

// args are the parameters of a call.
type args map[string]any

// message is one in either direction.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// start runs the browser until the context ends.
func start(ctx context.Context, program string) (*browser, error) {
	program, err := find(program)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "html-check-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the browser: %w", err)
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	from, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	flags := []string{"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run", "--disable-gpu", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // which the superuser cannot have
	}
	b := &browser{process: exec.CommandContext(ctx, program, append(flags, "about:blank")...), profile: profile, to: to, from: bufio.NewReader(from), tabs: map[string]*tab{}}
	b.process.ExtraFiles = []*os.File{theirs, ours} // become its files 3 and 4
	if err := b.process.Start(); err != nil {
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	theirs.Close()
	ours.Close()
	return b, nil
}

// find returns the program asked for, or the first of the usual ones.
func find(program string) (string, error) {
	if program != "" {
		return program, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no browser on PATH: install Debian's package chromium, or name one of its family with -browser")
}

func (b *browser) close() {
	b.to.Close() // it ends when nobody drives it
	_ = b.process.Process.Kill()
	_ = b.process.Wait()
	os.RemoveAll(b.profile)
}

// call sends a command and handles what the browser reports until it has answered.
func (b *browser) call(session, method string, params args, result any) error {
	b.last++
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	id := b.last
	data, err := json.Marshal(message{ID: id, Session: session, Method: method, Params: raw})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if _, err := b.to.Write(append(data, 0)); err != nil {
		return fmt.Errorf("%s: tell the browser: %w", method, err)
	}
	for {
		m, err := b.next()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", method, err)
		case m.ID != id:
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
}

// next reads a message; an event is noted by its tab.
func (b *browser) next() (message, error) {
	var m message
	data, err := b.from.ReadBytes(0)
	if err != nil {
		return m, fmt.Errorf("the browser ended: %w", err)
	}
	if err := json.Unmarshal(data[:len(data)-1], &m); err != nil {
		return m, fmt.Errorf("understand the browser: %w", err)
	}
	if t := b.tabs[m.Session]; t != nil && m.Method != "" {
		t.note(m)
	}
	return m, nil
}
