package workload

import (
	"slices"
	"testing"
	"time"
)

func TestLadderAddsControls(t *testing.T) {
	for _, test := range []struct {
		flags map[string]string
		want  []string // beside the product of the axes
	}{
		{map[string]string{"mode": "all"}, []string{
			"linger=0s,mode=at-least-once", "flush_every=100,mode=idempotent", "isolation=read_uncommitted,mode=transactional"}},
		{map[string]string{"txn-size": "10,20", "rate": "1000,max"}, []string{
			"linger=0s,mode=at-least-once,rate=1000", "linger=0s,mode=at-least-once,rate=max",
			"flush_every=10,mode=idempotent,rate=1000", "flush_every=20,mode=idempotent,rate=1000",
			"flush_every=10,mode=idempotent,rate=max", "flush_every=20,mode=idempotent,rate=max",
			"isolation=read_uncommitted,mode=transactional,rate=1000,txn_size=10", "isolation=read_uncommitted,mode=transactional,rate=max,txn_size=10",
			"isolation=read_uncommitted,mode=transactional,rate=1000,txn_size=20", "isolation=read_uncommitted,mode=transactional,rate=max,txn_size=20"}},
		{map[string]string{"linger": "1ms,5ms"}, []string{
			"linger=0s,mode=at-least-once", "flush_every=100,linger=1ms,mode=idempotent", "flush_every=100,linger=5ms,mode=idempotent",
			"isolation=read_uncommitted,linger=1ms,mode=transactional", "isolation=read_uncommitted,linger=5ms,mode=transactional"}},
		{map[string]string{"linger": "0"}, []string{"flush_every=100,mode=idempotent", "isolation=read_uncommitted,mode=transactional"}},
	} {
		plain := names(resolved(t, "", test.flags).Cells())
		flags := map[string]string{"ladder": "true"}
		for name, value := range test.flags {
			flags[name] = value
		}
		got := names(resolved(t, "", flags).Cells())
		if want := slices.Concat(plain, test.want); !slices.Equal(got, want) {
			t.Errorf("%v\n got %q\nwant %q", test.flags, got, want)
		}
		slices.Sort(got)
		if again := slices.Compact(slices.Clone(got)); len(again) != len(got) {
			t.Errorf("%v: names repeat: %q", test.flags, got)
		}
	}
}

func TestLadderCellsAreMatched(t *testing.T) {
	for _, c := range resolved(t, "", map[string]string{"ladder": "true", "txn-size": "50"}).Cells() {
		w := c.Workload
		switch c.Name {
		case "flush_every=50,mode=idempotent":
			if w.FlushEvery != 50 || w.Linger != 5*time.Millisecond || c.Axes["flush_every"] != 50 {
				t.Errorf("%+v", c)
			}
		case "isolation=read_uncommitted,mode=transactional":
			if w.Isolation != ReadUncommitted || w.TxnSize != 50 || c.Axes["isolation"] != "read_uncommitted" {
				t.Errorf("%+v", c)
			}
		case "linger=0s,mode=at-least-once":
			if w.Linger != 0 || c.Axes["linger"] != "0s" {
				t.Errorf("%+v", c)
			}
		default:
			if w.FlushEvery != 0 || w.Isolation != w.Mode.Isolation || w.Linger != 5*time.Millisecond || c.Axes["linger"] != "5ms" {
				t.Errorf("%+v", c)
			}
		}
	}
}

func TestLadderIsBoundedToo(t *testing.T) {
	sizes := "1,2,3,4,5,6,7,8,9,10"
	_, err := Resolve(nil, nil, map[string]string{"txn-size": sizes, "partitions": sizes, "producers": "1,2,3,4,5,6,7", "ladder": "true"}, nil)
	checkUsage(t, "ladder", err, "axes: their product has more than 1000 cells: shorten the lists")
}

// The stronger layer wins over the property, which is then no part of the profile any more.
func TestLingerOverProperty(t *testing.T) {
	p := resolved(t, "client_config: {linger.ms: 80, batch.size: 1}", map[string]string{"linger": "0"})
	if w := p.Cells()[0].Workload; w.Linger != 0 || len(w.Properties) != 1 {
		t.Errorf("linger %s, properties %v", w.Linger, w.Properties)
	}
	if _, stored := p.Values()["client_config.linger.ms"]; stored {
		t.Error("the property is still among the values")
	}
}

func TestAtAnotherRate(t *testing.T) {
	p := resolved(t, "", map[string]string{"mode": "idempotent,transactional", "partitions": "1,6"})
	var got []string
	for _, c := range p.Cells() {
		at := p.At(c, Rate{PerSecond: 31600})
		if at.Workload.Rate.PerSecond != 31600 || at.Axes["rate"] != 31600 {
			t.Errorf("%+v", at)
		}
		got = append(got, at.Name)
	}
	want := []string{"mode=idempotent,partitions=1,rate=31600", "mode=idempotent,partitions=6,rate=31600",
		"mode=transactional,partitions=1,rate=31600,txn_size=100", "mode=transactional,partitions=6,rate=31600,txn_size=100"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
