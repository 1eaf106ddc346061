package advise

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// Alert is the lag that readers of one cell showed while all was well, and what to alarm on.
type Alert struct {
	Transaction
	Setup    map[string]any `json:"setup"`
	Where    string         `json:"where"` // tells its setup from others, for people; may be empty
	RatePerS float64        `json:"rate_per_s"`
	Blocks   int            `json:"blocks"`
	Samples  int64          `json:"samples"`

	Monitoring    Lag `json:"monitoring"`     // high watermark − committed offset, of the worst partition
	MonitoringSum Lag `json:"monitoring_sum"` // the same, summed over the partitions
	Hold          Lag `json:"hold"`           // high watermark − last stable offset, of the worst partition
	Reader        Lag `json:"reader"`         // last stable offset − the reader's position, of the worst partition; nothing exports it, so no threshold
	AgeMS         Lag `json:"age_ms"`         // of the oldest unread record

	ForS           *float64 `json:"for_s"`           // seconds to be above a threshold before the alarm; null where it does not follow
	OffsetCommitS  *float64 `json:"offset_commit_s"` // the readers commit their offsets this often; null where it is not known
	TransactionS   *float64 `json:"transaction_s"`   // time to fill a transaction at the rate; null without transactions
	HangingRecords *float64 `json:"hanging_records"` // that an abandoned transaction hides at this rate until the broker ends it; null where it is not known
	Why            string   `json:"why"`             // there is no threshold; empty where there is
}

// Lag is one view of it, in offsets or ms.
type Lag struct {
	Mean    *float64 `json:"mean"`    // over a block's samples, the median over blocks
	Largest *float64 `json:"largest"` // sampled in any block
	Above   *float64 `json:"above"`   // alarm above this; null without evidence, and where nothing was ever behind
}

// How the threshold lies above the largest lag sampled.
const (
	leastTransactions = 30 // per producer, over all blocks
	cycles            = 2  // that the lag may take to come down
)

// alerts are what each cell at a fixed rate says. Runs that measured the same cell add up.
func (s *setup) alerts(goals Goals) []Alert {
	var order []string
	same := map[string][]*compare.Cell{}
	for _, c := range s.cells {
		if r := c.RatePerS(); r == 0 || goals.RatePerS != nil && r != *goals.RatePerS {
			continue
		}
		id := c.Identity()
		if same[id] == nil {
			order = append(order, id)
		}
		same[id] = append(same[id], c)
	}
	var alerts []Alert
	for _, id := range order {
		alerts = append(alerts, s.alert(same[id]))
	}
	return alerts
}

func (s *setup) alert(cells []*compare.Cell) Alert {
	first := cells[0]
	a := Alert{Transaction: transactionOf(first), Setup: s.axes, Where: s.name, RatePerS: first.RatePerS()}
	var trials []*result.Trial
	for _, c := range cells {
		if why := unfit(c); why != "" {
			a.Why = why
			return a
		}
		trials = append(trials, c.Usable...)
	}
	a.Blocks = len(trials)
	for _, t := range trials {
		if t.Lag == nil || t.Lag.Monitoring.Max == nil {
			a.Why = "not every trial has lag samples of readers that had committed an offset"
			return a
		}
		a.Samples += t.Lag.Samples
	}
	a.Why = tooLittle(first, trials)
	enough := a.Why == ""
	of := func(stat func(*result.Lag) (mean, largest *float64)) Lag { return lagOf(trials, stat, enough) }
	a.Monitoring = of(func(l *result.Lag) (_, _ *float64) { return l.Monitoring.Mean, l.Monitoring.Max })
	a.MonitoringSum = of(func(l *result.Lag) (_, _ *float64) { return l.Monitoring.SumMean, l.Monitoring.SumMax })
	a.Hold = of(func(l *result.Lag) (_, _ *float64) { return l.Hold.Mean, l.Hold.Max })
	a.Reader = of(func(l *result.Lag) (_, _ *float64) { return l.Reader.Mean, l.Reader.Max })
	a.Reader.Above = nil
	a.AgeMS = of(func(l *result.Lag) (_, _ *float64) { return l.AgeMS.Mean, l.AgeMS.Max })
	a.time(first, trials, enough)
	return a
}

// tooLittle says why blocks do not carry a threshold; empty where they do.
func tooLittle(c *compare.Cell, trials []*result.Trial) string {
	if n := len(trials); n < minBlocks {
		return fmt.Sprintf("%s: how much the largest lag varies takes %d", plural(n, "block"), minBlocks)
	}
	if !c.Transactional() {
		return ""
	}
	var committed int64
	for _, t := range trials {
		if t.Transactions != nil {
			committed += t.Transactions.Committed
		}
	}
	if least := leastTransactions * producers(c); float64(committed) < least {
		return fmt.Sprintf("all blocks hold %d transactions: fewer than %.0f show too little of how lag goes up and down", committed, least)
	}
	return ""
}

// lagOf sums one view up over the blocks, with a threshold where there is enough evidence.
func lagOf(trials []*result.Trial, stat func(*result.Lag) (mean, largest *float64), enough bool) Lag {
	var means, largest []float64
	for _, t := range trials {
		mean, top := stat(t.Lag)
		if mean == nil || top == nil {
			return Lag{}
		}
		means, largest = append(means, *mean), append(largest, *top)
	}
	slices.Sort(means)
	l := Lag{Mean: new(stats.Quantile(means, 0.5)), Largest: new(slices.Max(largest))}
	if enough && *l.Largest > 0 {
		l.Above = new(threshold(largest))
	}
	return l
}

// threshold is the largest of the blocks' largest lags, plus their spread or a fifth of it, whichever is more, rounded up to two digits.
// Of n + 1 blocks alike each is as likely to hold the highest lag, so that above the bare largest one in n + 1 blocks would alarm.
func threshold(largest []float64) float64 {
	top := slices.Max(largest)
	return roundUp(top + max(top-slices.Min(largest), top/5))
}

// roundUp rounds a positive figure up to two significant digits, and to a whole number.
func roundUp(v float64) float64 {
	unit := max(1, math.Pow(10, math.Floor(math.Log10(v))-1))
	return math.Ceil(v/unit) * unit
}

// time says how long lag may take to come down, and what an abandoned transaction may hide.
func (a *Alert) time(c *compare.Cell, trials []*result.Trial, enough bool) {
	config := trials[0].ClientConfig
	a.OffsetCommitS = seconds(config.Reader["auto.commit.interval.ms"])
	var cycle float64
	if c.Transactional() {
		fill := a.fillS(producers(c))
		if math.IsInf(fill, 1) {
			return // nothing ends its transactions: no file of ours says so
		}
		a.TransactionS = &fill
		cycle = fill + slowestCommitS(trials)
		if timeout := seconds(config.Producer["transaction.timeout.ms"]); timeout != nil {
			a.HangingRecords = new(a.RatePerS * *timeout)
		}
	}
	if a.OffsetCommitS != nil && enough {
		a.ForS = new(math.Ceil(cycles * (cycle + *a.OffsetCommitS)))
	}
}

// fillS is how long a transaction stays open at the rate, in seconds.
func (a *Alert) fillS(producers float64) float64 {
	fill := math.Inf(1)
	if a.Size != nil {
		fill = float64(*a.Size) * producers / a.RatePerS
	}
	if d := a.interval(); d > 0 {
		fill = min(fill, d.Seconds())
	}
	return fill
}

func producers(c *compare.Cell) float64 {
	if n, ok := c.Axes["producers"].(float64); ok {
		return n
	}
	return 1
}

func slowestCommitS(trials []*result.Trial) (slowest float64) {
	for _, t := range trials {
		if longest := t.LatencyUS["commit"].Max; longest != nil {
			slowest = max(slowest, *longest/1e6)
		}
	}
	return slowest
}

// seconds reads a client property in milliseconds; nil where there is none.
func seconds(ms string) *float64 {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n <= 0 {
		return nil
	}
	return new((time.Duration(n) * time.Millisecond).Seconds())
}

// said is the alert in a clause; empty without a threshold.
func (a *Alert) said() string {
	if a.Monitoring.Above == nil {
		return ""
	}
	text := "above " + figure(*a.Monitoring.Above) + " per partition"
	if a.MonitoringSum.Above != nil {
		text += fmt.Sprintf(" (%s summed over all)", figure(*a.MonitoringSum.Above))
	}
	if a.ForS != nil {
		text += fmt.Sprintf(" for %s s", figure(*a.ForS))
	}
	return text
}
