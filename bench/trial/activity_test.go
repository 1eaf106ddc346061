package trial

import (
	"testing"

	"pgregory.net/rapid"
)

func TestActivityFindsTheLongestGap(t *testing.T) {
	const ms = activitySlot
	a := newActivity(1000*ms, 1100*ms)
	for _, at := range []int64{999, 1000, 1001, 1010, 1050, 1051, 1101, 2000} {
		a.count(a.acked, at*ms, 2)
	}
	for _, c := range []struct{ from, to, start, end, total int64 }{
		{1000, 1060, 1011, 1050, 10},
		{1000, 1100, 1052, 1100, 10}, // until the end nothing came
		{1002, 1012, 1002, 1010, 2},
		{1020, 1030, 1020, 1030, 0},
		{1050, 1052, 1050, 1050, 4},
		{0, 1001, 1000, 1000, 2},
	} {
		if start, end := a.AckGap(c.from*ms, c.to*ms); start != c.start*ms || end != c.end*ms {
			t.Errorf("the gap in %d to %d is %d to %d, want %d to %d", c.from, c.to, start/ms, end/ms, c.start, c.end)
		}
		if n := a.Acked(c.from*ms, c.to*ms); n != c.total {
			t.Errorf("%d were acknowledged in %d to %d, want %d", n, c.from, c.to, c.total)
		}
	}
	if start, end := a.ReadGap(1000*ms, 1100*ms); end-start != 100*ms {
		t.Errorf("of nothing read the gap is %d to %d", start, end)
	}
}

// A gap holds no event, and no longer one does.
func TestActivityGapProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 60).Draw(t, "ms")
		events := rapid.SliceOf(rapid.Int64Range(0, n-1)).Draw(t, "events")
		a := newActivity(0, n*activitySlot)
		for _, at := range events {
			a.count(a.read, at*activitySlot, 1)
		}
		start, end := a.ReadGap(0, n*activitySlot)
		if a.Read(start, end) != 0 {
			t.Fatalf("%d to %d is no gap of %v", start/activitySlot, end/activitySlot, events)
		}
		length := end - start
		for from := int64(0); from+length+activitySlot <= n*activitySlot; from += activitySlot {
			if a.Read(from, from+length+activitySlot) == 0 {
				t.Fatalf("%v has a longer gap than %d ms, from %d", events, length/activitySlot, from/activitySlot)
			}
		}
		if a.Read(0, n*activitySlot) != int64(len(events)) {
			t.Fatalf("%d of %d counted", a.Read(0, n*activitySlot), len(events))
		}
	})
}
