package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Where runs and figures lie, seen from the repository's root.
const (
	stored    = "results/reference"
	underWay  = "results/reference.partial" // whole runs, before they are made compact
	plots     = "plots"
	lingering = 2 * time.Minute // an interrupted run stores what finished
)

// workshop is a built tool and a directory to work in.
type workshop struct {
	binary string
	dir    string
	stderr io.Writer
}

func (w *workshop) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=true", "-o", w.binary, ".")
	cmd.Stderr = w.stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the tool: %w", err)
	}
	return nil
}

// makeAll makes the runs that are not there, on one kept cluster per number of brokers: it stays warm between them. Those of faults come last, on
// clusters that they may break.
func (w *workshop) makeAll(ctx context.Context, chosen []campaign) error {
	missing := slices.DeleteFunc(slices.Clone(chosen), func(c campaign) bool {
		_, err := os.Stat(filepath.Join(stored, c.name, "run.json"))
		return err == nil
	})
	for len(missing) > 0 {
		nodes := missing[0].nodes
		same := func(c campaign) bool { return c.nodes == nodes }
		alike := slices.DeleteFunc(slices.Clone(missing), func(c campaign) bool { return !same(c) })
		missing = slices.DeleteFunc(missing, same)
		if err := w.on(ctx, nodes, alike); err != nil {
			return err
		}
	}
	return nil
}

// on makes runs on one kept cluster, or without.
func (w *workshop) on(ctx context.Context, nodes int, chosen []campaign) (err error) {
	if nodes > 0 {
		if err := w.tool(ctx, "broker", "up", "--nodes", strconv.Itoa(nodes)); err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, w.tool(context.WithoutCancel(ctx), "broker", "down"))
		}()
	}
	for _, c := range chosen {
		if err := w.make(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func (w *workshop) make(ctx context.Context, c campaign) error {
	whole := filepath.Join(underWay, c.name)
	args := slices.Concat(c.args, []string{"--out", whole})
	if c.nodes > 0 {
		if _, err := os.Stat(filepath.Join(whole, "run.json")); err == nil {
			args = []string{c.args[0], "--resume", whole}
		}
		args = append(args, "--nodes", strconv.Itoa(c.nodes))
	} else if err := os.RemoveAll(whole); err != nil { // the fault command resumes nothing
		return err
	}
	args = append(args, "--broker", "local", "--progress", "plain", "-o", "markdown")
	if err := w.tool(ctx, args...); err != nil {
		return err
	}
	if err := compact(whole, filepath.Join(stored, c.name)); err != nil {
		return err
	}
	return os.RemoveAll(whole)
}

// draw makes the figures of all stored runs.
func (w *workshop) draw(ctx context.Context, into string) error {
	runs, err := filepath.Glob(filepath.Join(stored, "*", "run.json"))
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return fmt.Errorf("no runs in %s: make them first", stored)
	}
	for _, r := range runs {
		dir := filepath.Dir(r)
		if err := w.tool(ctx, "plot", dir, "--out", filepath.Join(into, filepath.Base(dir))); err != nil {
			return err
		}
	}
	return nil
}

// check draws the figures anew and compares them with those committed. It is quiet but for one line: how many there are.
func (w *workshop) check(ctx context.Context, stdout io.Writer) error {
	anew := filepath.Join(w.dir, "plots")
	var said bytes.Buffer
	quiet := *w
	quiet.stderr = &said
	if err := quiet.draw(ctx, anew); err != nil {
		return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(said.Bytes()))
	}
	drawn, err := figuresIn(anew)
	if err != nil {
		return err
	}
	committed, err := figuresIn(plots)
	if err != nil {
		return err
	}
	var drift error
	for _, name := range committed {
		switch is, err := alike(filepath.Join(plots, name), filepath.Join(anew, name)); {
		case errors.Is(err, fs.ErrNotExist):
			drift = errors.Join(drift, fmt.Errorf("%s belongs to no stored run", name))
		case err != nil:
			return err
		case !is:
			drift = errors.Join(drift, fmt.Errorf("%s is not what its run gives", name))
		}
	}
	for _, name := range drawn {
		if isVector(name) && !slices.Contains(committed, name) { // few are kept as pixels
			drift = errors.Join(drift, fmt.Errorf("%s is missing", name))
		}
	}
	if drift != nil {
		return fmt.Errorf("figures in %s: %w\ndraw them again with 'go run ./scripts/reference-run -figures'", plots, drift)
	}
	_, err = fmt.Fprintf(stdout, "all %d figures in %s are what the runs in %s give\n", len(committed), plots, stored)
	return err
}

// figuresIn names the figures below a directory.
func figuresIn(dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (isVector(path) || filepath.Ext(path) == ".png") {
			names = append(names, path)
		}
		return err
	})
	return names, err
}

func isVector(name string) bool { return filepath.Ext(name) == ".svg" }

// alike says whether two figures are the same: letter by letter, or pixel by pixel, for what a PNG's compression makes of the same picture may
// differ.
func alike(a, b string) (bool, error) {
	var content [2][]byte
	for i, path := range []string{a, b} {
		data, err := os.ReadFile(path)
		if err != nil {
			return false, err
		}
		if !isVector(path) {
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				return false, fmt.Errorf("%s: %w", path, err)
			}
			pixels := image.NewNRGBA(picture.Bounds())
			draw.Draw(pixels, pixels.Rect, picture, pixels.Rect.Min, draw.Src)
			data = fmt.Append(pixels.Pix, pixels.Rect)
		}
		content[i] = data
	}
	return bytes.Equal(content[0], content[1]), nil
}

// tool runs the tool and shows what it says. An inconclusive end is an end: it is part of the result.
func (w *workshop) tool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Stdout, cmd.Stderr = w.stderr, w.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal reaches it through this program
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = lingering
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 4 && args[0] != "broker" {
		fmt.Fprintln(w.stderr, "inconclusive: stored as it is")
		return nil
	}
	if err != nil {
		return fmt.Errorf("%v: %w", args, err)
	}
	return nil
}
