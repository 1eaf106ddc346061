package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
)

// screen shows how a run goes: one line rewritten in place on a terminal, plain lines elsewhere.
type screen struct {
	out   io.Writer
	live  bool
	width func() int // of the terminal, when live
	quiet bool
	now   func() time.Time

	mu      sync.Mutex
	planned int // 0: that shows on the way
	ended   int
	left    time.Duration // of the trials that have not begun
	lasts   map[string]time.Duration
	phase   string
	shown   time.Time
	dirty   bool // a line is waiting to be rewritten
	warming bool
}

// plainEvery is how often a plain line says how a long phase goes.
const plainEvery = 5 * time.Second

func newScreen(sys OS, progress string) (*screen, error) {
	s := &screen{out: sys.Stderr, now: sys.Now, lasts: map[string]time.Duration{}}
	switch progress {
	case "auto":
		s.live, s.width = sys.Live, sys.Columns
	case "plain":
	case "none":
		s.quiet = true
	default:
		return nil, usagef("--progress %q: auto, plain or none", progress)
	}
	return s, nil
}

// conditioning announces the discarded trials.
func (s *screen) conditioning(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warming = true
	s.line(fmt.Sprintf("warming the broker up: %s, not kept", plural(n, "trial")))
}

// expect announces the trials to come, after those of an earlier session. Without any, their number shows on the way.
func (s *screen) expect(trials []plan.Trial, earlier int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warming = false
	s.ended = earlier
	if len(trials) > 0 {
		s.planned = earlier + len(trials)
	}
	for _, t := range trials {
		took := t.Workload.Warmup + plan.Window(t.Workload) + plan.TrialOverhead
		s.lasts[t.ID] = took
		s.left += took
	}
}

// progress shows where a trial stands; it is called about twice a second.
func (s *screen) progress(p trial.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quiet || s.warming {
		return
	}
	fresh := p.Phase != s.phase
	s.phase = p.Phase
	if !s.live {
		busy := p.Phase == "warm-up" || p.Phase == "measure"
		begins := fresh && p.Phase == "warm-up"
		if !busy || !begins && s.now().Sub(s.shown) < plainEvery {
			return
		}
	}
	s.shown = s.now()
	text := s.describe(p)
	if s.live {
		fmt.Fprintf(s.out, "\r\x1b[K%s", cutTo(text, s.width()-1))
		s.dirty = true
		return
	}
	fmt.Fprintln(s.out, text)
}

// cutTo shortens a line that would wrap: a wrapped one cannot be rewritten.
func cutTo(text string, columns int) string {
	if runes := []rune(text); len(runes) > columns && columns > 1 {
		return string(runes[:columns-1]) + "…"
	}
	return text
}

// describe puts first what matters most, for a narrow terminal shows no more.
func (s *screen) describe(p trial.Progress) string {
	parts := []string{fmt.Sprintf("%s %s  %s", s.counter(s.ended+1), p.Cell, p.Phase)}
	if eta := s.left - s.lasts[p.Trial] + max(0, p.Left); s.planned > 0 && p.Left >= 0 && eta > 0 {
		parts = append(parts, "ETA "+eta.Round(time.Second).String())
	}
	if text := rateOf(p); text != "" {
		parts = append(parts, text)
	}
	if p.E2EP50 > 0 {
		parts = append(parts, fmt.Sprintf("e2e p50 %s p99 %s", short(p.E2EP50), short(p.E2EP99)))
	}
	if p.CommitP99 > 0 {
		parts = append(parts, "commit p99 "+short(p.CommitP99))
	}
	if p.Hold >= 0 {
		parts = append(parts, fmt.Sprintf("hold %d", p.Hold))
	}
	return strings.Join(parts, "  ")
}

// rateOf says how much is sent of what is asked for. What was sent lately counts only once sending fills that while: before, it would name
// a rate below the trial's.
func rateOf(p trial.Progress) string {
	sent := p.Elapsed >= time.Second
	switch {
	case p.Phase != "warm-up" && p.Phase != "measure", !sent && p.Target == 0:
		return ""
	case !sent:
		return perSecond(p.Target)
	case p.Target == 0:
		return perSecond(p.Sent)
	}
	return strings.TrimSuffix(perSecond(p.Sent), "/s") + " of " + perSecond(p.Target)
}

// perSecond writes a rate; low ones have decimals.
func perSecond(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.3g/s", v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

// counter is a trial's place among those planned.
func (s *screen) counter(n int) string {
	if s.planned == 0 {
		return fmt.Sprintf("[%d]", n)
	}
	return fmt.Sprintf("[%d/%d]", min(n, s.planned), s.planned)
}

// done says how a trial ended.
func (s *screen) done(t *result.Trial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left -= s.lasts[t.ID]
	s.ended++
	if s.quiet {
		return
	}
	parts := []string{fmt.Sprintf("%s %s  done", s.counter(s.ended), t.Cell)}
	if t.Throughput.ReadPerS != nil {
		parts = append(parts, fmt.Sprintf("%.0f read/s", *t.Throughput.ReadPerS))
	}
	for _, name := range []string{"e2e", "commit"} {
		if l, ok := t.LatencyUS[name]; ok && l.P50 != nil {
			text := name + " p50 " + short(microseconds(*l.P50))
			if l.P99 != nil {
				text += " p99 " + short(microseconds(*l.P99))
			}
			parts = append(parts, text)
		}
	}
	parts = append(parts, "guarantee "+string(t.Guarantee.Verdict))
	if t.FellBehind() {
		parts = append(parts, "unsustained")
	}
	if !t.Complete {
		parts = append(parts, "cut short")
	}
	s.line(strings.Join(parts, "  "))
}

// failed says that a trial has no result.
func (s *screen) failed(t plan.Trial, text string) {
	s.mu.Lock()
	s.left -= s.lasts[t.ID]
	s.ended++
	s.mu.Unlock()
	s.say(text)
}

// note writes a line of progress that stays.
func (s *screen) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(text)
}

// say writes a line that stays, whatever the progress.
func (s *screen) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	fmt.Fprintln(s.out, text)
}

// line writes a line of progress that stays.
func (s *screen) line(text string) {
	if s.quiet {
		return
	}
	s.clear()
	fmt.Fprintln(s.out, text)
}

func (s *screen) clear() {
	if s.dirty {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.dirty = false
	}
}

// close leaves the cursor on an empty line.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func microseconds(us float64) time.Duration { return time.Duration(us * float64(time.Microsecond)) }

// short is a duration as people read it: three digits.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
