//go:build cgo

package librdkafka

import (
	"encoding/json"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// count reads the totals out of librdkafka's statistics (STATISTICS.md) and hands them on.
func count(statistics string, to func(client.Counters)) {
	if to == nil {
		return
	}
	if c, ok := parseStatistics(statistics); ok {
		c.At = clock.Now()
		to(c)
	}
}

type brokerStatistics struct {
	TxBytes int64            `json:"txbytes"`
	RxBytes int64            `json:"rxbytes"`
	Req     map[string]int64 `json:"req"`
}

// parseStatistics adds the brokers up, the coordinators' own connections among them. It reads no further than the
// brokers: what follows, every partition of every topic, is most of the text.
func parseStatistics(statistics string) (client.Counters, bool) {
	c := client.Counters{Requests: map[string]int64{}}
	d := json.NewDecoder(strings.NewReader(statistics))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return c, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return c, false
		}
		if key != "brokers" {
			var skipped json.RawMessage
			if d.Decode(&skipped) != nil {
				return c, false
			}
			continue
		}
		var brokers map[string]brokerStatistics
		if d.Decode(&brokers) != nil {
			return c, false
		}
		for _, b := range brokers {
			c.TxBytes += b.TxBytes
			c.RxBytes += b.RxBytes
			for name, n := range b.Req {
				if n > 0 {
					c.Requests[name] += n
				}
			}
		}
		return c, true
	}
	return c, false
}
