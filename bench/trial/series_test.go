package trial

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// A reader that comes back is another client, which counts from 0: nothing is taken from the one before.
func TestCountersOfAClientThatComesBack(t *testing.T) {
	var stopped atomic.Int64
	stopped.Store(math.MaxInt64)
	var c counterSpan
	c.within(&Times{WindowEnd: 1000, stopped: &stopped})
	report := func(at, bytes int64) {
		c.observe(client.Counters{At: at, RxBytes: bytes, Requests: map[string]int64{"Fetch": bytes}}, 0)
	}
	report(100, 5000)
	report(200, 9000)
	c.restart()
	if got := c.spans(); got != nil {
		t.Errorf("a client that has reported nothing spans %v", got)
	}
	report(300, 10)
	report(400, 40)
	got := c.spans()
	if len(got) != 2 || got[0].At != 300 || got[1].At != 400 || got[1].RxBytes-got[0].RxBytes != 30 {
		t.Errorf("got %+v", got)
	}
}
