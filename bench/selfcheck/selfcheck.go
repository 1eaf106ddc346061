// Package selfcheck asks whether the tool is right about itself: it holds what a trial measures against what was done
// to the trial, the ledger against planted defects, statistics against naive ones and histogram logs against
// another implementation's; and it measures what decides how much a machine can measure at all.
package selfcheck

import (
	"fmt"
	"math"
	"time"
)

// Verdict is what a check came to.
type Verdict string

// Verdicts. A check is inconclusive where the machine or the cluster left no trial to judge by: that is no pass.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// Check is one thing the tool says of itself, held against what is known to be true.
type Check struct {
	Subject   string   `json:"subject"` // known delay, frozen broker, ledger, statistics, histogram log
	Name      string   `json:"name"`
	Verdict   Verdict  `json:"verdict"`
	Unit      string   `json:"unit"`     // of the three figures
	Measured  *float64 `json:"measured"` // null: nothing was measured
	Expected  float64  `json:"expected"`
	Tolerance float64  `json:"tolerance"`      // passes when measured lies within expected ± tolerance
	Note      string   `json:"note,omitempty"` // why it did not pass
}

// within judges a check by its figures.
func (c *Check) within(measured float64, note string) {
	c.Measured = &measured
	c.Verdict = Pass
	if !(math.Abs(measured-c.Expected) <= c.Tolerance) {
		c.Verdict, c.Note = Fail, note
	}
}

// Offline runs the checks that need no cluster, in a second or two.
func Offline() []Check {
	checks := Ledger()
	checks = append(checks, Statistics()...)
	return append(checks, HistogramLog()...)
}

// short spells a duration for people, without needless digits.
func short(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return fmt.Sprintf("%.3g ms", milliseconds(d))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
