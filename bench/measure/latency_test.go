package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func show(p *float64) string {
	if p == nil {
		return "null"
	}
	return fmt.Sprint(*p)
}

// The values 1 to count, which the histogram holds exactly up to 2047.
func TestPercentilesNeedTenSamplesBeyond(t *testing.T) {
	for _, c := range []struct {
		count, censored, outOfRange int64
		want                        string // mean p50 p90 p99 p99.9 max
	}{
		{0, 0, 0, "null null null null null null"},
		{0, 50, 0, "null null null null null null"},
		{1, 0, 0, "1 null null null null 1"},
		{19, 0, 0, "10 null null null null 19"},
		{20, 0, 0, "10.5 10 null null null 20"},
		{99, 0, 0, "50 50 null null null 99"},
		{100, 0, 0, "50.5 50 90 null null 100"},
		{999, 0, 0, "500 500 900 null null 999"},
		{1000, 0, 0, "500.5 500 900 990 null 1000"},
		{990, 10, 0, "null 500 900 990 null null"},
		{989, 11, 0, "null 500 900 null null null"},
		{990, 0, 10, "null 500 900 990 null null"},
		{900, 100, 0, "null 500 900 null null null"},
		{899, 101, 0, "null 500 null null null null"},
		{10, 10, 0, "null 10 null null null null"},
		{10, 11, 0, "null null null null null null"},
		{2000, 0, 0, "1000.5 1000 1800 1980 null 2000"},
		{1000, 1000, 0, "null 1000 null null null null"},
	} {
		h := newHistogram()
		for v := range c.count {
			if err := h.RecordValue(v + 1); err != nil {
				t.Fatal(err)
			}
		}
		l := summarise(h, c.censored, 3, c.outOfRange)
		if l.Mean != nil {
			*l.Mean = math.Round(*l.Mean*1e6) / 1e6
		}
		got := fmt.Sprint(show(l.Mean), " ", show(l.P50), " ", show(l.P90), " ", show(l.P99), " ", show(l.P999), " ", show(l.Max))
		if got != c.want || l.Count != c.count || l.Censored != c.censored || l.OutOfRange != c.outOfRange || l.Negative != 3 {
			t.Errorf("%d recorded, %d censored, %d out of range:\ngot  %s\nwant %s", c.count, c.censored, c.outOfRange, got, c.want)
		}
	}
	h := newHistogram()
	if err := h.RecordValues(7, 10_000); err != nil {
		t.Fatal(err)
	}
	if l := summarise(h, 0, 0, 0); show(l.P999) != "7" {
		t.Errorf("p99.9 of 10,000: %s", show(l.P999))
	}
	if l := summarise(h, 11, 0, 0); show(l.P99) != "7" || l.P999 != nil {
		t.Errorf("with 11 of 10,011 censored: p99 %s, p99.9 %s", show(l.P99), show(l.P999))
	}
}

// Against sorting: a percentile is the value of its rank, censored samples last, within the histogram's resolution.
func TestPercentilesAgreeWithSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 5000), rapid.Int64Range(0, highest)), 1, 3000).Draw(t, "values")
		censored := rapid.Int64Range(0, 200).Draw(t, "censored")
		h := newHistogram()
		for _, v := range values {
			if err := h.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortFunc(values, cmp.Compare)
		l := summarise(h, censored, 0, 0)
		n := int64(len(values)) + censored
		for permille, got := range map[int64]*float64{500: l.P50, 900: l.P90, 990: l.P99, 999: l.P999} {
			rank := int64(math.Ceil(float64(permille*n) / 1000))
			known := (1000-permille)*n >= 10_000 && permille*n <= 1000*int64(len(values))
			if (got != nil) != known {
				t.Fatalf("p%v of %d with %d censored: %s", float64(permille)/10, n, censored, show(got))
			}
			if known && !h.ValuesAreEquivalent(int64(*got), values[rank-1]) {
				t.Fatalf("p%v of %d with %d censored: %v, want %d", float64(permille)/10, n, censored, *got, values[rank-1])
			}
		}
	})
}
