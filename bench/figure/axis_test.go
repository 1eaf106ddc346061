package figure

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func labels(a axis) (all []string) {
	for _, t := range a.ticks {
		if !t.IsMinor() {
			all = append(all, t.Label)
		}
	}
	return all
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name string
		axis axis
		want []string
	}{
		{"throughput", linear("", compact, 450, 183_000), []string{"0", "50k", "100k", "150k"}},
		{"share", linear("", percent, 0, 0.99, -0.12), []string{"−20", "0", "20", "40", "60", "80", "100"}},
		{"small", linear("", digits, 0.0123), []string{"0", "0.002", "0.004", "0.006", "0.008", "0.01", "0.012"}},
		{"nothing", linear("", digits), []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		{"decades", logarithmic("", digits, 0.05, 1.2, 1500), []string{"2", "5", "10", "20", "50", "100", "200", "500", "1,000"}},
		{"a decade", logarithmic("", digits, 0.05, 8, 80), []string{"10", "20", "50"}},
		{"one value", logarithmic("", digits, 0, 5), []string{"4", "6", "8", "10"}},
		{"either sign", signedLogarithmic("", digits, -3, 0.5, 900), []string{"0", "−1", "1", "−2", "2", "5", "10", "20", "50", "100", "200", "500", "1,000"}},
		{"nines", percentiles(0.9991, 0.1), []string{"0", "50", "90", "99", "99.9"}},
		{"names", categories("", []string{"a", "b"}), []string{"a", "b"}},
	} {
		if got := labels(c.axis); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAxesHoldTheirValues whatever these are: no place is outside 0 to 1, or none at all.
func TestAxesHoldTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(-1e12, 1e12)).Draw(t, "values")
		positive := rapid.SliceOf(rapid.Float64Range(1e-6, 1e12)).Draw(t, "positive")
		shares := rapid.SliceOf(rapid.Float64Range(0, 0.9999999)).Draw(t, "shares")
		highest := 0.0
		if len(shares) > 0 {
			highest = slices.Max(shares)
		}
		for _, c := range []struct {
			axis   axis
			values []float64
		}{
			{linear("", digits, append(values, math.NaN(), math.Inf(1))...), values},
			{signedLogarithmic("", digits, values...), values},
			{logarithmic("", digits, 0.1, append(positive, 0, math.NaN())...), positive},
			{percentiles(highest, 0), shares},
		} {
			if len(c.axis.ticks) > 250 {
				t.Fatalf("%d ticks from %v to %v", len(c.axis.ticks), c.axis.lo, c.axis.hi)
			}
			last := math.Inf(-1)
			for _, v := range slices.Sorted(slices.Values(c.values)) {
				at := c.axis.scale.Normalize(c.axis.lo, c.axis.hi, v)
				if !(at >= -1e-9 && at <= 1+1e-9) || at < last {
					t.Fatalf("%v comes to lie at %v of %v to %v", v, at, c.axis.lo, c.axis.hi)
				}
				last = at
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{digits(0), "0"}, {digits(5.2), "5.2"}, {digits(0.012345), "0.0123"}, {digits(104.4), "104"}, {digits(-1003), "−1,003"}, {digits(99.96), "100"},
		{compact(450), "450"}, {compact(9994), "9.99k"}, {compact(25_000), "25k"}, {compact(1_234_567), "1.23M"}, {compact(999_900), "1M"},
		{percent(0.0312), "3.1"}, {percent(0.994), "99.4"}, {percent(1), "100"}, {percent(0), "0"}, {percent(-0.12), "−12"},
		{whole(1234567), "1,234,567"}, {whole(-0.2), "0"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
