package compare

import (
	"math"
	"strconv"
)

// Bracket returns the rates between which the highest one that holds lies, as far as is known. Low is the highest that a probe
// held; where none did, the highest that was kept up but missed an objective, for a transaction of many records is too slow at
// a low rate; nil where there is neither. High is the lowest that failed above; nil: none did.
func (c *Capacity) Bracket() (low, high *Probed) {
	if low = c.highest((*Probed).promising); low == nil {
		low = c.highest(func(p *Probed) bool { return p.Fails() && p.KeptUp })
	}
	return low, c.failedAbove(low)
}

// Closed says whether a bracket is as narrow as was asked for. Rates have three digits: between neighbours there is none.
func (c *Capacity) Closed(low, high float64) bool {
	middle := c.Middle(low, high)
	return high/low <= 1+c.Terms.Precision || middle <= low || middle >= high
}

// Finding is how a search ended.
type Finding int

// Findings.
const (
	Unfinished Finding = iota // stopped before the bracket was narrow enough
	Bracketed                 // the highest rate that holds is known to the precision asked for
	Above                     // even the highest rate tried holds
	None                      // no rate tried holds
)

// Finding says what the probes made so far tell.
func (c *Capacity) Finding() Finding {
	if c.Undecided() != nil || len(c.Rates) == 0 {
		return Unfinished
	}
	low, high := c.Bracket()
	switch {
	case low != nil && low.promising() && !low.Holds():
		return Unfinished
	case low == nil:
		return None // the lowest rate was not kept up
	case high == nil && low.PerS < c.Terms.Max, high != nil && !c.Closed(low.PerS, high.PerS):
		return Unfinished
	case !low.Holds():
		return None
	case high == nil:
		return Above
	}
	return Bracketed
}

// Next is the rate to probe next, a function of the probes made and nothing else; false: there is none. The search climbs from a rate,
// step by step, until one fails, repeating any that missed until two have, or until two of three held; then it halves the bracket, geometrically; last it confirms the bracket's low
// end. A low end that was but lucky fails then, and the search goes on below it.
func (c *Capacity) Next(from float64) (perS float64, more bool) {
	if c.Finding() > Unfinished || c.Probes() >= c.Terms.MaxProbes {
		return 0, false
	}
	if open := c.Undecided(); open != nil {
		return open.PerS, true
	}
	low, high := c.Bracket()
	switch {
	case low == nil:
		return from, true
	case high == nil && low.PerS < c.Terms.Max:
		return c.Terms.Above(low.PerS), true
	case high != nil && !c.Closed(low.PerS, high.PerS):
		return c.Middle(low.PerS, high.PerS), true
	}
	return low.PerS, true
}

// Above is the rate to climb to from another: the next of those a factor of √10 apart, from the lowest on, and at most the highest.
func (t Terms) Above(perS float64) float64 {
	rate := t.Min
	for half := 1.0; rate <= perS; half++ {
		rate = threeDigits(t.Min * math.Pow(10, half/2))
	}
	return min(t.Max, rate)
}

// Middle is the rate that halves a bracket, geometrically.
func (c *Capacity) Middle(low, high float64) float64 { return threeDigits(math.Sqrt(low * high)) }

// threeDigits rounds to three significant decimal digits.
func threeDigits(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64) // cannot fail: it reads what it wrote
	return rounded
}
