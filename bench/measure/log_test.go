package measure

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func encoded(t testing.TB, values ...int64) string {
	t.Helper()
	h := hdrhistogram.New(1, 1<<40, 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The Java implementation's log carries each interval twice, once with a tag, and states the maximum of each in
// milliseconds: what that implementation says must be what is read.
func TestReadsALogWrittenByJava(t *testing.T) {
	java, err := os.ReadFile("testdata/jHiccup-tagged.hlog")
	if err != nil {
		t.Fatal(err)
	}
	var tagged strings.Builder
	intervals := 0
	for line := range strings.Lines(string(java)) {
		if !strings.HasPrefix(line, "Tag=") {
			continue
		}
		intervals++
		line = strings.Replace(line, "Tag=A,", "Tag=e2e,", 1)
		tagged.WriteString(line)
		read, err := ReadLog(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Split(strings.TrimSpace(line), ",")
		decoded, err := hdrhistogram.Decode([]byte(fields[4]))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%.3f", float64(decoded.Max())/1e6); got != fields[3] {
			t.Errorf("interval %d: maximum %s ms, Java says %s", intervals, got, fields[3])
		}
		if got, want := read[E2E].Max(), decoded.Max(); !decoded.ValuesAreEquivalent(got, want) {
			t.Errorf("interval %d: merged maximum %d is not in the bucket of %d", intervals, got, want)
		}
	}
	read, err := ReadLog(strings.NewReader(tagged.String()))
	if err != nil {
		t.Fatal(err)
	}
	if n := read[E2E].TotalCount(); len(read) != 1 || intervals != 21 || n != 16145 {
		t.Errorf("%d metrics, %d intervals, %d values; want 1, 21 and 16145", len(read), intervals, n)
	}
	if _, err := ReadLog(bytes.NewReader(java)); err == nil ||
		err.Error() != "histogram log, line 5: the interval has no tag that says what it measures" {
		t.Errorf("with its untagged lines: got %v", err)
	}
}

func TestReadLogMergesPerTag(t *testing.T) {
	log := fmt.Sprintf("#[any comment]\n\"legend\"\n\nTag=ack,0,1,0,%s\nTag=commit,0,1,0,%s\r\nTag=ack,1,1,0,%s",
		encoded(t, 5, 6), encoded(t, 7), encoded(t, 0, 8))
	read, err := ReadLog(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	if only, err := ReadLog(strings.NewReader(log), Commit, E2E); err != nil || len(only) != 1 || only[Commit].TotalCount() != 1 {
		t.Errorf("asked for commit and e2e: got %v, %v", only, err)
	}
	if len(read) != 2 || read[Ack].TotalCount() != 4 || read[Ack].Max() != 8 || read[Commit].TotalCount() != 1 {
		t.Errorf("got %v", read)
	}
}

func TestReadLogRefuses(t *testing.T) {
	good := encoded(t, 5)
	for _, c := range []struct{ log, want string }{
		{"garbage", "line 1: the interval has no tag that says what it measures"},
		{"0.1,1,2," + good, "line 1: the interval has no tag that says what it measures"},
		{"#\nTag=ack", "line 2: an interval has five fields: tag, start, length, maximum and histogram"},
		{"Tag=ack,0,1,2," + good + ",6", "line 1: an interval has five fields: tag, start, length, maximum and histogram"},
		{"Tag=acks,0,1,2," + good, `line 1: tag: "acks" names no latency histogram`},
		{"Tag=ack,0,x,2," + good, `line 1: "x" is not a number`},
		{"Tag=ack,0,1,NaN," + good, `line 1: "NaN" is not a number`},
		{"Tag=ack,0,1,2,HISTF", "line 1: decode the histogram: illegal base64 data at input byte 4"},
		{"Tag=ack,0,1,2," + good[:40], "line 1: decode the histogram: "},
		{"Tag=ack,0,1,2," + encoded(t, 1<<39), "line 1: 1 values lie above an hour: they are not microseconds"},
		{"#\n" + strings.Repeat("x", maxLine+1), "line 2: bufio.Scanner: token too long"},
	} {
		if _, err := ReadLog(strings.NewReader(c.log)); err == nil || !strings.HasPrefix(err.Error(), "histogram log, "+c.want) {
			t.Errorf("%.60q: got %v\nwant %s", c.log, err, c.want)
		}
	}
}

func FuzzReadLog(f *testing.F) {
	good := encoded(f, 0, 5, 1000, 3_600_000_000)
	f.Add([]byte("Tag=ack,0.5,1.0,0.000005," + good + "\n"))
	f.Add([]byte("#[StartTime: 1 (seconds since epoch)]\n\"legend\"\nTag=e2e,0,1,2," + good[:60]))
	f.Add([]byte("Tag=,,,,\nTag=ack,,,,HISTFAAAAA"))
	for _, name := range []string{"testdata/jHiccup-tagged.hlog", "testdata/java/written.hlog"} {
		java, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(java)
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		read, err := ReadLog(bytes.NewReader(log))
		if err != nil {
			if read != nil || !strings.HasPrefix(err.Error(), "histogram log, line ") {
				t.Fatalf("got %v, %v", read, err)
			}
			return
		}
		for m, h := range read {
			if m >= numMetrics || h.TotalCount() < 0 {
				t.Fatalf("%v holds %d", m, h.TotalCount())
			}
		}
	})
}
