package payload

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// maxFileBytes is how much of a payload file is read: what a pool can use, with room to start in different places.
const maxFileBytes = 4 * poolBytes

// filler fills a body completely.
type filler func(body []byte)

func newFiller(p workload.Payload, rng *rand.Rand) (filler, error) {
	switch p.Kind {
	case "random":
		return randomFiller(rng), nil
	case "text":
		return textFiller(rng), nil
	case "file":
		return fileFiller(p.Path, rng)
	}
	return nil, fmt.Errorf("payload %q is none of random, text, file", p.Kind)
}

// randomFiller's bodies do not compress.
func randomFiller(rng *rand.Rand) filler {
	return func(body []byte) {
		for len(body) >= 8 {
			binary.LittleEndian.PutUint64(body, rng.Uint64())
			body = body[8:]
		}
		for i := range body {
			body[i] = byte(rng.Uint32())
		}
	}
}

//go:embed words.txt
var words string

// textFiller's bodies are sentences of common English words whose frequencies follow Zipf's law, so that a batch of
// them compresses about as well as prose and log lines do: about three to one with gzip or zstd.
func textFiller(rng *rand.Rand) filler {
	vocabulary := strings.Fields(words)
	zipf := rand.NewZipf(rng, 1.05, 4, uint64(len(vocabulary)-1))
	return func(body []byte) {
		for len(body) > 0 {
			body = body[copy(body, vocabulary[zipf.Uint64()]):]
			separator := " "
			switch rng.IntN(12) {
			case 0:
				separator = ". "
			case 1:
				separator = ", "
			}
			body = body[copy(body, separator):]
		}
	}
}

// fileFiller's bodies are consecutive lines of a file, joined by newlines and cut to the body's size. Each body
// starts with a line of its own, after the last one of the body before; the file is read from a random line on and
// starts again at its end. Of a large file the first 16 MiB are used.
func fileFiller(path string, rng *rand.Rand) (filler, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the payload file: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("read the payload file %s: %w", path, err)
	}
	var lines [][]byte
	for line := range bytes.Lines(content) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("the payload file %s has no line that is not empty: name one with text in it", path)
	}
	next := rng.IntN(len(lines))
	return func(body []byte) {
		for len(body) > 0 {
			body = body[copy(body, lines[next]):]
			body = body[copy(body, "\n"):]
			next = (next + 1) % len(lines)
		}
	}, nil
}
