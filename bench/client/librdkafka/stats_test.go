//go:build cgo

package librdkafka

import (
	"maps"
	"testing"
)

func TestParseStatistics(t *testing.T) {
	got, ok := parseStatistics(`{"name":"p","nested":{"brokers":{"x":{"txbytes":1000}}},"brokers":{
		"a:1/0":{"name":"a","txbytes":10,"rxbytes":20,"req":{"Produce":3,"Fetch":0},"toppars":{}},
		"TxnCoordinator":{"txbytes":1,"rxbytes":2,"req":{"Produce":1,"EndTxn":4}}},"topics":{"not":"rea`)
	want := map[string]int64{"Produce": 4, "EndTxn": 4}
	if !ok || got.TxBytes != 11 || got.RxBytes != 22 || !maps.Equal(got.Requests, want) {
		t.Errorf("got %+v, %t", got, ok)
	}
	for _, bad := range []string{"", "[]", "{}", `{"brokers":`, `{"brokers":[1]}`, "{1"} {
		if c, ok := parseStatistics(bad); ok {
			t.Errorf("%s is read as %+v", bad, c)
		}
	}
}

func FuzzParseStatistics(f *testing.F) {
	f.Add(`{"brokers":{"a":{"txbytes":1,"rxbytes":2,"req":{"Produce":3}}}}`)
	f.Add(`{"a":[1,{}],"brokers":null}`)
	f.Fuzz(func(t *testing.T, statistics string) {
		c, _ := parseStatistics(statistics)
		for name, n := range c.Requests {
			if n == 0 {
				t.Errorf("%s is counted without a request", name)
			}
		}
	})
}
