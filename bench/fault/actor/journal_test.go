package actor

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

func TestJournalReadsWhatItWrote(t *testing.T) {
	var pipe bytes.Buffer
	j := journal{w: &pipe}
	j.note(Initialised, 1200, "")
	j.note(Sending, 0, "")
	j.note(Ended, int64(client.Fenced), "commit: fenced\nby another")
	pipe.WriteString("s 12 1") // the process died
	var got []Entry
	if err := read(&pipe, func(e Entry) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].N != 1200 || got[1].Kind != Sending || got[2].Text != "commit: fenced; by another" || got[2].At < got[0].At {
		t.Errorf("got %+v", got)
	}
	for _, broken := range []string{"\n", "s\n", "s 1\n", "ss 1 1\n", "q 1 1\n", "s x 1\n", "s 1 -1\n", "s 1 1e3\n"} {
		if err := read(strings.NewReader(broken), func(Entry) {}); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("s 123 4")
	f.Add("x 1 0 what went wrong")
	f.Fuzz(func(t *testing.T, line string) {
		e, err := parse(line)
		if err != nil || strings.Contains(line, "\n") {
			return
		}
		var out bytes.Buffer
		j := journal{w: &out}
		j.note(e.Kind, e.N, e.Text)
		again, err := parse(strings.TrimSuffix(out.String(), "\n"))
		if again.At = e.At; err != nil || again != e {
			t.Errorf("%q is %+v, and then %+v: %v", line, e, again, err)
		}
	})
}

func TestLedger(t *testing.T) {
	send := func(from, to int64) (es []Entry) {
		for n := from; n < to; n++ {
			es = append(es, Entry{Kind: Sending, N: n}, Entry{Kind: Acked, N: n})
		}
		return es
	}
	calls, ends := Entry{Kind: Ending, At: 50}, func(o client.Outcome) Entry { return Entry{Kind: Ended, N: int64(o)} }
	whole := slices.Concat(send(0, 3), []Entry{{Kind: Ending, At: 10}, ends(client.Committed)}, send(3, 5))
	for _, c := range []struct {
		name               string
		entries            []Entry
		successor          int64 // when it was initialised; 0: never
		committed, aborted uint64
	}{
		{"killed in the second transaction", whole, 0, 3, 2},
		{"killed in its commit", append(slices.Clone(whole), calls), 0, 3, 0},
		{"killed in its commit, overtaken before", append(slices.Clone(whole), calls), 40, 3, 2},
		{"killed in its commit, overtaken after", append(slices.Clone(whole), calls), 60, 3, 0},
		{"fenced without knowing a successor", slices.Concat(whole, []Entry{calls, ends(client.Fenced)}), 0, 3, 0},
		{"fenced by its successor", slices.Concat(whole, []Entry{calls, ends(client.Fenced)}), 40, 3, 2},
		{"committed although overtaken: nothing of it may be seen", slices.Concat(whole, []Entry{calls, ends(client.Committed)}), 40, 3, 2},
		{"aborted on request", slices.Concat(whole, []Entry{ends(client.Aborted)}), 0, 3, 2},
	} {
		s := ledger(c.entries, true, func(called int64) bool { return c.successor > 0 && c.successor < called })
		if s.Sent.Count != 5 || s.Acked.Seqs.Len() != 5 || s.Sent.Committed.Len() != c.committed || s.Sent.Aborted.Len() != c.aborted {
			t.Errorf("%s: sent %d, acknowledged %d, committed %d, aborted %d; want 5, 5, %d, %d", c.name,
				s.Sent.Count, s.Acked.Seqs.Len(), s.Sent.Committed.Len(), s.Sent.Aborted.Len(), c.committed, c.aborted)
		}
	}
	plain := ledger(append(send(0, 2), Entry{Kind: Sending, N: 2}, Entry{Kind: Undelivered, N: 2}), false, nil)
	if plain.Sent.Count != 3 || plain.Acked.Seqs.Len() != 2 || plain.Acked.Failures != 1 || plain.Sent.Aborted.Len() != 0 {
		t.Errorf("without transactions: %+v %+v", plain.Sent, plain.Acked)
	}
}
