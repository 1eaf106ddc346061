package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/selfcheck"
)

// examined runs doctor and returns its document. A machine that is too busy to tell answers inconclusive.
func examined(t *testing.T, on place, args ...string) *diagnosis {
	t.Helper()
	c := newCommand(t)
	began := time.Now()
	args = slices.Concat([]string{"doctor", "-o", "json", "--duration", "1s"}, on.args, args)
	code := Main(args, c.os)
	t.Logf("%v took %s", args, time.Since(began).Round(10*time.Millisecond))
	if code != exitOK && code != exitInconclusive {
		t.Fatalf("exit code %d\nstdout:\n%s\nstderr:\n%s", code, &c.stdout, &c.stderr)
	}
	d := &diagnosis{}
	if err := json.Unmarshal(c.stdout.Bytes(), d); err != nil {
		t.Fatalf("stdout is no document: %v\n%s", err, &c.stdout)
	}
	if d.Schema != "kafka-eos-bench/doctor/v1" || d.Machine.CPUs == 0 || d.Client.Name == "" || d.Broker.Nodes == 0 || d.Timing.ClockStepNS < 1 {
		t.Errorf("the environment is incomplete: %+v", d)
	}
	if verdict := d.verdict(); (verdict == nil) != (code == exitOK) {
		t.Errorf("exit code %d of a document that says %v", code, verdict)
	}
	return d
}

func TestDoctorTriesTheGenerator(t *testing.T) {
	everywhere(t, func(t *testing.T, on place) {
		d := examined(t, on, "--rate", "400,200")
		if len(d.Generator.Rungs) != 2 || len(d.Checks) != 0 {
			t.Fatalf("%+v", d)
		}
		for i, rate := range []float64{200, 400} {
			r := d.Generator.Rungs[i]
			if r.RatePerS != rate || r.Cores == nil || r.Sustained && (r.ScheduleUS.Count != int64(rate) || r.E2EUS.Count != int64(rate)) {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestDoctorChecksTheTool(t *testing.T) {
	everywhere(t, func(t *testing.T, on place) {
		d := examined(t, on, "--selfcheck")
		subjects := map[string]bool{}
		for _, c := range d.Checks {
			subjects[c.Subject] = true
			if c.Verdict == selfcheck.Inconclusive {
				t.Logf("%s: %s: %s", c.Subject, c.Name, c.Note)
			}
		}
		for _, want := range []string{"known delay", "frozen broker", "ledger", "statistics", "histogram log"} {
			if !subjects[want] {
				t.Errorf("%s was not checked", want)
			}
		}
		if d.Generator != nil {
			t.Error("it tried the generator too")
		}
	})
}

func TestDoctorInterruptedShowsWhatItHas(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	c := newCommand(t)
	go func() {
		for !strings.Contains(c.stderr.String(), "known delay") {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		c.signals <- syscall.SIGINT
	}()
	c.run(t, 130, "doctor", "--broker", "embedded", "--selfcheck", "--duration", "5s")
	if text := c.stdout.String(); !strings.Contains(text, "timer") || strings.Contains(text, "passed") {
		t.Errorf("stdout:\n%s", text)
	}
}

func TestDoctorRefusesWhatItCannotDo(t *testing.T) {
	for _, tc := range []struct {
		args []string
		says []string
	}{
		{[]string{"--selfcheck", "--rate", "1k"}, []string{"--rate", "--selfcheck"}},
		{[]string{"--duration", "100ms"}, []string{"--duration", "1s"}},
		{[]string{"-o", "csv"}, []string{"csv", "json"}},
		{[]string{"--rate", "max"}, []string{"--rate", "schedule"}},
		{[]string{"--rate", "fast"}, []string{"--rate", "fast"}},
		{[]string{"-X", "acks=1"}, []string{"acks"}},
		{[]string{"--selfcheck", "-X", "lingerms=1"}, []string{"lingerms"}},
		{[]string{"now"}, []string{"now", "--help"}},
		{[]string{"--noise", "--selfcheck"}, []string{"--noise", "--selfcheck", "one of the two"}},
		{[]string{"--noise", "--blocks", "5"}, []string{"--blocks 5", "from 6 on"}},
		{[]string{"--noise", "--rate", "fast"}, []string{"--rate", "fast"}},
		{[]string{"--noise", "-o", "csv"}, []string{"csv", "json"}},
		{[]string{"--noise", "-X", "acks=1"}, []string{"acks"}},
		{[]string{"--noise", "--out", "."}, []string{"--out . is not empty"}},
		{[]string{"--blocks", "20"}, []string{"--blocks is for --noise", "leave it out"}},
		{[]string{"--out", "noise"}, []string{"--out is for --noise"}},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			c := newCommand(t)
			c.run(t, exitUsage, append([]string{"doctor"}, tc.args...)...)
			text := c.stderr.String()
			if n := strings.Count(strings.TrimSpace(text), "\n"); n != 0 {
				t.Errorf("%d lines, want one:\n%s", n+1, text)
			}
			for _, part := range tc.says {
				if !strings.Contains(text, part) {
					t.Errorf("the error does not say %q:\n%s", part, text)
				}
			}
		})
	}
}

func TestDiagnosisDecidesTheExitCode(t *testing.T) {
	pass, fail, open := selfcheck.Check{Verdict: selfcheck.Pass}, selfcheck.Check{Verdict: selfcheck.Fail}, selfcheck.Check{Verdict: selfcheck.Inconclusive}
	for name, c := range map[string]struct {
		d    diagnosis
		want int
	}{
		"all pass":      {diagnosis{Checks: []selfcheck.Check{pass, pass}}, exitOK},
		"one fails":     {diagnosis{Checks: []selfcheck.Check{pass, open, fail}}, exitFailed},
		"one is open":   {diagnosis{Checks: []selfcheck.Check{open, pass}}, exitInconclusive},
		"a rate holds":  {diagnosis{Generator: &generator{HighestPerS: new(1000.0)}}, exitOK},
		"no rate holds": {diagnosis{Generator: &generator{}}, exitInconclusive},
		"noise":         {diagnosis{Noise: &noise{Figures: []gate.Repeatability{{}, {}}}}, exitOK},
		"none of one":   {diagnosis{Noise: &noise{Figures: []gate.Repeatability{{}, {Reason: "1 of 10 trials did not sustain the rate"}}}}, exitInconclusive},
		"none at all":   {diagnosis{Noise: &noise{}}, exitInconclusive},
	} {
		if got := exitCode(t.Context(), c.d.verdict()); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
}

func TestDiagnosisAsText(t *testing.T) {
	rung := func(rate, schedule, e2e float64, sustained, holds bool) selfcheck.Rung {
		return selfcheck.Rung{
			RatePerS: rate, ReadPerS: new(rate - 1), Sustained: sustained, Holds: holds, Cores: new(0.5), CPUSteal: new(0.21),
			ScheduleUS: result.Latency{P50: &schedule, P99: new(10 * schedule)}, E2EUS: result.Latency{P50: &e2e, P99: new(4 * e2e)},
		}
	}
	d := &diagnosis{
		Machine: result.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPUs: 2, MemoryBytes: 8 << 30}, Broker: result.Broker{Kind: "local", Nodes: 1},
		Client: result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		Timing: selfcheck.Timing{ClockStepNS: 26, ClockReadNS: 40, TimerP50US: 1.25, TimerP99US: 80, CPUSteal: new(0.034)},
		Generator: &generator{
			HighestPerS: new(20_000.0),
			Rungs:       []selfcheck.Rung{rung(20_000, 12, 5000, true, true), rung(50_000, 2000, 9000, true, false), rung(100_000, 2000, 900_000, false, false)},
		},
		Checks: []selfcheck.Check{
			{Subject: "known delay", Name: "Produce delayed: ack grows by", Verdict: selfcheck.Pass, Unit: "ms", Measured: new(50.4), Expected: 50, Tolerance: 2},
			{Subject: "statistics", Name: "mean", Verdict: selfcheck.Fail, Unit: "relative", Measured: new(0.5), Tolerance: 1e-9, Note: "3 instead of 2"},
			{Subject: "frozen broker", Name: "e2e", Verdict: selfcheck.Inconclusive, Unit: "records", Note: "no proxy"},
		},
	}
	var out strings.Builder
	o := report.Options{Width: 100}
	for _, write := range []func() error{
		func() error { return d.environment(&out, o) },
		func() error { return d.Generator.text(&out, o) },
		func() error { return d.checks(&out, o) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	want := `broker    local Apache Kafka, 1 node
client    librdkafka 2.15.1, transaction protocol 1
machine   2 CPUs, 8.0 GiB, linux/amd64, kernel 6.1
clock     steps of 26 ns, 40 ns a reading
timer     late by 1.2 µs at p50, 80.0 µs at p99
steal     3.4% of the CPU time of a second, given to others by the hypervisor
`
	if got := out.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", got, want)
	}
	t.Log("\n" + out.String())
	for _, part := range []string{
		"20,000  19,999", "no: its delay shows", "no: unsustained",
		"20,000 messages/s. There it is 0.24% at p50 and 0.60% at p99.", "up to 21%",
		"1 of 3 checks passed.", "statistics: mean: fail: 3 instead of 2", "inconclusive: no proxy",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(part), " ")) {
			t.Errorf("the text does not say %q", part)
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(line) - 1; n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
