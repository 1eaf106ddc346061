package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// climb is a ladder at max in six blocks: 10 µs a record, as much with sequence numbers, 40 with flushes, 100 in transactions, whoever reads.
func climb() []result.Trial {
	rung := func(mode, isolation string, flush, size int, read float64, factors []float64) []result.Trial {
		return over(changed(atMax(mode, size, read), func(t *result.Trial) {
			t.Axes["isolation"], t.Axes["flush_every"] = isolation, nil
			t.Cell += ",isolation=" + isolation
			if flush > 0 {
				t.Axes["flush_every"] = float64(flush)
				t.Cell += ",flush_every=" + whole(float64(flush))
			}
		}), factors...)
	}
	steady := slices.Repeat([]float64{1}, 6)
	return slices.Concat(
		rung("at-least-once", "read_uncommitted", 0, 0, 100_000, steady), rung("idempotent", "read_uncommitted", 0, 0, 100_000, calm),
		rung("idempotent", "read_uncommitted", 100, 0, 25_000, steady), rung("transactional", "read_uncommitted", 0, 100, 10_000, steady),
		rung("transactional", "read_committed", 0, 100, 10_000, steady),
	)
}

// cycles are transactions of 5 ms and 5 µs a record.
func cycles() (trials []result.Trial) {
	for _, size := range []int{10, 100, 1000} {
		trials = append(trials, over(changed(atMax("transactional", size, 1000), func(t *result.Trial) {
			t.Axes["producers"] = 1.0
			t.WindowS = 2000 * (5000 + 5*float64(size)) / 1e6
			t.Transactions = &result.Transactions{Committed: 2000}
		}), slices.Repeat([]float64{1}, 6)...)...)
	}
	return trials
}

func TestReportSaysWhatTheCostIsMadeOf(t *testing.T) {
	for name, c := range map[string]struct {
		trials               []result.Trial
		text, markdown, html []string
	}{
		"step by step": {
			climb(),
			[]string{
				"where the cost comes from (rate=max,txn_size=100): time per record, µs/record",
				"step                      adds   95% interval  blocks",
				"sequence numbers             ~  −0.20 … +0.20       6",
				"lost batching            +30.0  +29.8 … +30.2       6",
				"coordinator and markers  +60.0  +60.0 … +60.0       6",
				"all together             +90.0  +90.0 … +90.0       6",
			},
			[]string{"#### where the cost comes from (rate=max,txn\\_size=100): time per record, µs/record\n", "| lost batching | +30.0 | +29.8 … +30.2 | 6 |\n"},
			[]string{"lost batching", "&#43;29.8 … &#43;30.2"},
		},
		"transaction by transaction": {
			cycles(),
			[]string{
				"from one transaction to the next (rate=max)",
				"  txn  measured, ms  line, ms  off by  blocks",
				"   10           5.0       5.0      0%       6",
				"1,000          10.0      10.0      0%       6",
				"  a producer at max takes 5.0 ms a transaction (95%: 5.0 to 5.0) and 5.0 µs a record (95%: 5.0 to",
			},
			[]string{"#### from one transaction to the next (rate=max)\n", "| 1,000 | 10.0 | 10.0 | 0% | 6 |\n"},
			[]string{"measured, ms", "off by"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := &result.Run{Complete: true, Trials: c.trials}
			for _, format := range []struct {
				write Format
				wants []string
			}{{Text, c.text}, {Markdown, c.markdown}, {HTML, c.html}} {
				out := render(t, format.write, run, Options{})
				for _, want := range format.wants {
					if !strings.Contains(out, want) {
						t.Errorf("no %q in\n%s", want, out[:min(len(out), 6000)])
					}
				}
			}
		})
	}
}

// A single look has no intervals, and a step that cannot be told says why.
func TestStepsThatCannotBeTold(t *testing.T) {
	var one []result.Trial
	for i, trial := range climb() {
		if i%6 == 0 && i != 6 { // without the idempotent cell
			one = append(one, trial)
		}
	}
	text := render(t, Text, &result.Run{Trials: one}, Options{Width: 200})
	for _, want := range []string{
		"step                      adds  blocks  why not\n",
		"sequence numbers             –       –  the run has no cell of idempotent\n",
		"coordinator and markers  +60.0       1\n",
		"waiting for visibility       0       1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
