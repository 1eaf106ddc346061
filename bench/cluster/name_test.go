package cluster

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawRun(t *rapid.T) (string, time.Time) {
	at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).
		In(time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone")))
	return NewRunID(at, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))), at
}

func TestRunIDsAndNamesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run, at := drawRun(t)
		began, err := ParseRunID(run)
		if err != nil || !began.Equal(at.Truncate(time.Second)) || began.Location() != time.UTC {
			t.Fatalf("%s of %s parsed to %s, %v", run, at, began, err)
		}
		part := rapid.StringMatching(`[a-zA-Z0-9._-]{1,40}`)
		name := Name(run, part.Draw(t, "trial"), part.Draw(t, "role"))
		if got, ok := Owned(name); !ok || got != run {
			t.Fatalf("%s is owned: %v, run %q", name, ok, got)
		}
	})
}

func TestRunIDsSortByAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, atA := drawRun(t)
		b, atB := drawRun(t)
		if atA.Unix() != atB.Unix() && (a < b) != (atA.Before(atB)) {
			t.Fatalf("%s of %s against %s of %s", a, atA, b, atB)
		}
	})
}

func TestOwnedRefuses(t *testing.T) {
	for _, name := range []string{
		"", "keb-", "orders", "keb-orders", "keb-20261122t231502-7f3a", "keb-20261122t231502-7f3a-",
		"keb-20261122T231502-7f3a-b01-t0", "keb-20261322t231502-7f3a-b01-t0", "keb-20261122t231502-7F3A-b01-t0",
		"keb-20261122t231502-7f3a_b01", "xkeb-20261122t231502-7f3a-b01-t0", "KEB-20261122t231502-7f3a-b01-t0",
		"keb-20261122t231502+7f3a-b01-t0",
	} {
		if run, ok := Owned(name); ok {
			t.Errorf("%q is taken for run %q's", name, run)
		}
	}
}

func FuzzParseRunID(f *testing.F) {
	f.Add(testRun)
	f.Add("20260230t231502-7f3a")
	f.Fuzz(func(t *testing.T, id string) {
		began, err := ParseRunID(id)
		if err == nil && (len(id) != runLength || began.Format(runLayout) != id[:len(runLayout)]) {
			t.Errorf("%q was accepted as %s", id, began)
		}
	})
}

func FuzzOwned(f *testing.F) {
	f.Add(Name(testRun, "b01-ab", "t0"))
	f.Add("keb-orders")
	f.Fuzz(func(t *testing.T, name string) {
		run, ok := Owned(name)
		if !ok {
			return
		}
		if _, err := ParseRunID(run); err != nil || name[:len(prefix)+len(run)+1] != prefix+run+"-" {
			t.Errorf("%q is owned by %q: %v", name, run, err)
		}
	})
}
