package measure

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// javaFiles are a histogram log that the Java implementation wrote, and per tag what it printed of it.
//
//go:embed testdata/java/written.hlog testdata/java/*.hgrm
var javaFiles embed.FS

// CheckJavaLog reads a histogram log written by the Java implementation of HdrHistogram and compares each of its tags with
// what that implementation printed of it: every percentile and the count up to it, the maximum and the total exactly, mean and
// standard deviation as printed. It answers how many percentiles were compared, and the first difference.
func CheckJavaLog() (percentiles int, err error) {
	log, err := javaFiles.Open("testdata/java/written.hlog")
	if err != nil {
		return 0, err
	}
	return compareWithJava(log, func(tag string) (io.Reader, error) {
		return javaFiles.Open(path.Join("testdata/java", tag+".hgrm"))
	})
}

// CheckJavaReader writes a histogram log as a trial does, has the Java implementation of HdrHistogram read it, and
// compares as CheckJavaLog does. Java is the virtual machine's command; jar is the path of HdrHistogram's jar, version 2.1
// or newer, which is among the libraries of every Apache Kafka 4. It starts a process per tag.
func CheckJavaReader(ctx context.Context, java, jar string) (percentiles int, err error) {
	var log bytes.Buffer
	if err := writeSample(&log); err != nil {
		return 0, err
	}
	return compareWithJava(bytes.NewReader(log.Bytes()), func(tag string) (io.Reader, error) {
		var complaint strings.Builder
		c := exec.CommandContext(ctx, java, "-cp", jar, "org.HdrHistogram.HistogramLogProcessor",
			"-tag", tag, "-outputValueUnitRatio", "1")
		c.Stdin = bytes.NewReader(log.Bytes())
		c.Stderr = &complaint
		printed, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("have Java read a histogram log (%s): %w: %s", c, err, strings.TrimSpace(complaint.String()))
		}
		return bytes.NewReader(printed), nil
	})
}

// writeSample writes what two lanes record in five seconds, from 0 µs to eighteen minutes.
func writeSample(w io.Writer) error {
	const records = 1013 // a second, and a prime: few percentiles fall on a whole rank
	c, err := NewCollector(w, 0, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		return err
	}
	sender, reader := c.Recorder(Ack, CommitDue), c.Recorder(E2E, Ack)
	for s := range int64(5) {
		for i := range int64(records) {
			now := s*second + i
			sender.Record(Ack, now, i*i*1000)
			reader.Record(Ack, now, i*7919*1000)
			reader.Record(E2E, now, (1<<(i%31)+i)*1000)
			if i%20 == s {
				sender.Record(CommitDue, now, 4_700_000+i*i*1000)
			}
		}
	}
	sender.Close(5 * second)
	reader.Close(5 * second)
	return c.Close()
}

// compareWithJava reads a log and compares each of its tags with what Java printed of it.
func compareWithJava(log io.Reader, printed func(tag string) (io.Reader, error)) (percentiles int, err error) {
	read, err := ReadLog(log)
	if err != nil {
		return 0, err
	}
	for _, m := range Metrics() {
		h := read[m]
		if h == nil {
			continue
		}
		text, err := printed(m.String())
		if err != nil {
			return percentiles, err
		}
		n, err := comparePrinted(h, text)
		percentiles += n
		if err != nil {
			return percentiles, fmt.Errorf("%s as read by HdrHistogram of Java and of Go: %w", m, err)
		}
	}
	return percentiles, nil
}

// comparePrinted compares a histogram with the text of Java's outputPercentileDistribution, values not scaled: rows of
// value, percentile, count up to the value and more, then lines "#[Name = number, Name = number]".
func comparePrinted(h *hdrhistogram.Histogram, text io.Reader) (percentiles int, err error) {
	facts := map[string]float64{
		"Mean": h.Mean(), "StdDeviation": h.StdDev(), "Max": float64(h.Max()), "Total count": float64(h.TotalCount()),
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if inner, ok := strings.CutPrefix(line, "#["); ok {
			for _, fact := range strings.Split(strings.TrimSuffix(inner, "]"), ",") {
				if err := compareFact(facts, fact); err != nil {
					return percentiles, err
				}
			}
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] == "Value" {
			continue
		}
		if err := compareRow(h, fields); err != nil {
			return percentiles, err
		}
		percentiles++
	}
	if err := lines.Err(); err != nil {
		return percentiles, err
	}
	if percentiles == 0 || len(facts) > 0 {
		return percentiles, errors.New("the text breaks off: percentiles, mean, maximum or total are missing")
	}
	return percentiles, nil
}

// compareFact takes a fact that agrees off the list.
func compareFact(facts map[string]float64, fact string) error {
	name, number, _ := strings.Cut(fact, "=")
	name = strings.TrimSpace(name)
	ours, known := facts[name]
	if !known {
		return nil // the time of day, the geometry
	}
	theirs, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return err
	}
	// Three decimals are printed; whole numbers have to agree.
	if math.Abs(ours-theirs) > 0.001 {
		return fmt.Errorf("%s is %v there and %v here", strings.ToLower(name), theirs, ours)
	}
	delete(facts, name)
	return nil
}

// compareRow asks for the samples on both sides of the count that is printed, whose ranks nobody rounds.
func compareRow(h *hdrhistogram.Histogram, fields []string) error {
	value, errValue := strconv.ParseFloat(fields[0], 64)
	level, errLevel := strconv.ParseFloat(fields[1], 64)
	count, errCount := strconv.ParseInt(fields[2], 10, 64)
	if err := errors.Join(errValue, errLevel, errCount); err != nil {
		return err
	}
	total := h.TotalCount()
	at := func(rank int64) float64 { return float64(h.ValueAtPercentile(100 * float64(rank) / float64(total))) }
	if count < 1 || count > total || at(count) != value || count < total && at(count+1) == value {
		return fmt.Errorf("%v values are at most %v there, which is not so here", count, value)
	}
	stated := summarise(h, 0, 0, 0)
	for l, ours := range map[float64]*float64{0.5: stated.P50, 0.9: stated.P90} {
		if level == l && ours != nil && *ours != value {
			return fmt.Errorf("p%v is %v there and %v here", 100*level, value, *ours)
		}
	}
	return nil
}
