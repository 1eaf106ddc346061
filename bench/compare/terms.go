package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Terms are what a search for capacity was asked for. They are stored with its run, so that it can be told again.
type Terms struct {
	Objectives []metric.Objective // beside keeping up, which always is one
	Min, Max   float64            // records a second, the rates tried lie between
	Precision  float64            // lowest rate that failed ÷ highest that held is at most 1 + Precision
	Confirm    int                // probes that must hold before a rate counts as held, two at least where one missed
	MaxProbes  int                // of one search
}

// Keys of the terms among a run's profile values.
const (
	termObjectives = "slo"
	termMin        = "min_rate"
	termMax        = "max_rate"
	termPrecision  = "precision"
	termConfirm    = "confirm"
	termMaxProbes  = "max_probes"
)

const objectiveSeparator = "; "

// Values are the terms as a run stores them among its profile's values, their source a flag.
func (t Terms) Values() map[string]result.Value {
	var objectives []string
	for _, o := range t.Objectives {
		objectives = append(objectives, o.String())
	}
	number := func(v float64) result.Value {
		return result.Value{Value: strconv.FormatFloat(v, 'f', -1, 64), Source: "flag"}
	}
	return map[string]result.Value{
		termObjectives: {Value: strings.Join(objectives, objectiveSeparator), Source: "flag"},
		termMin:        number(t.Min),
		termMax:        number(t.Max),
		termPrecision:  number(t.Precision),
		termConfirm:    number(float64(t.Confirm)),
		termMaxProbes:  number(float64(t.MaxProbes)),
	}
}

// IsTerm says whether a value of a stored profile is one of the terms rather than a setting of the workload.
func IsTerm(key string) bool {
	return slices.Contains([]string{termObjectives, termMin, termMax, termPrecision, termConfirm, termMaxProbes}, key)
}

// TermsOf reads the terms back from a stored run. The run is no search for capacity where found is false.
func TermsOf(r *result.Run) (t Terms, found bool, err error) {
	values := r.Profile.Values
	slo, found := values[termObjectives]
	if !found {
		return Terms{}, false, nil
	}
	for text := range strings.SplitSeq(slo.Value, objectiveSeparator) {
		if text == "" {
			continue
		}
		o, err := metric.ParseObjective(text)
		if err != nil {
			return Terms{}, true, fmt.Errorf("the run's %s: %w", termObjectives, err)
		}
		t.Objectives = append(t.Objectives, o)
	}
	for key, to := range map[string]*float64{termMin: &t.Min, termMax: &t.Max, termPrecision: &t.Precision} {
		v, err := strconv.ParseFloat(values[key].Value, 64)
		if err != nil || !(v > 0) {
			return Terms{}, true, fmt.Errorf("the run's %s: %q is no number above 0", key, values[key].Value)
		}
		*to = v
	}
	for key, to := range map[string]*int{termConfirm: &t.Confirm, termMaxProbes: &t.MaxProbes} {
		v, err := strconv.Atoi(values[key].Value)
		if err != nil || v < 1 {
			return Terms{}, true, fmt.Errorf("the run's %s: %q is no number above 0", key, values[key].Value)
		}
		*to = v
	}
	return t, true, nil
}
