// Package plan turns the cells of a profile into trials, and says beforehand what they take, which of them
// cannot show what they are meant to, and how two of them differ.
package plan

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Trial is one cell, to be measured once.
type Trial struct {
	ID       string // b03-8c1f0a9b2d4e: block and a hash of the cell; the same in every run with that cell
	Cell     string
	Block    int // from 1
	Axes     map[string]any
	Workload workload.Workload // its seed is the block's: the same in every cell, so that all get one schedule
}

// Trials returns blocks of one trial per cell in an order that the seed and the block's number alone decide. Two cells that would share an id
// are an error.
func Trials(cells []workload.Cell, blocks int, seed uint64) ([]Trial, error) {
	names := map[string]string{}
	for _, c := range cells {
		id := hash(c.Name)
		if other, taken := names[id]; taken {
			return nil, fmt.Errorf("plan trials: cells %q and %q have the same id %s: change a value of one", other, c.Name, id)
		}
		names[id] = c.Name
	}
	trials := make([]Trial, 0, blocks*len(cells))
	for block := 1; block <= blocks; block++ {
		_, blockSeed := randomOf(seed, block)
		for _, i := range order(len(cells), seed, block) {
			trials = append(trials, trial(cells[i], block, blockSeed))
		}
	}
	return trials, nil
}

// order is a random one in odd blocks, and in even ones the reverse of the block before: of any two cells either comes first in every second
// block, so that what drifts within a block favours neither.
func order(n int, seed uint64, block int) []int {
	odd := block - (block+1)%2
	random, _ := randomOf(seed, odd)
	indices := random.Perm(n)
	if block != odd {
		slices.Reverse(indices)
	}
	return indices
}

// One returns a single trial of a cell: the one that Trials would give it in that block.
func One(cell workload.Cell, block int, seed uint64) Trial {
	_, blockSeed := randomOf(seed, block)
	return trial(cell, block, blockSeed)
}

// randomOf is what a block draws from, and the seed of its trials, drawn first.
func randomOf(seed uint64, block int) (random *rand.Rand, blockSeed uint64) {
	random = rand.New(rand.NewPCG(seed, uint64(block)))
	return random, random.Uint64()
}

func trial(c workload.Cell, block int, seed uint64) Trial {
	t := Trial{ID: fmt.Sprintf("b%02d-%s", block, hash(c.Name)), Cell: c.Name, Block: block, Axes: c.Axes, Workload: c.Workload}
	t.Workload.Seed = seed
	return t
}

func hash(cell string) string {
	sum := sha256.Sum256([]byte(cell))
	return fmt.Sprintf("%x", sum[:6])
}

// Diff says in a line each what differs between two cells: matched cells differ in the mode, what follows from
// it, and the axes that were varied.
func Diff(a, b workload.Cell) []string {
	left, right := describe(a.Workload), describe(b.Workload)
	var lines []string
	for i, v := range left {
		if v.Text != right[i].Text {
			lines = append(lines, fmt.Sprintf("%s: %s → %s", v.Key, orDash(v.Text), orDash(right[i].Text)))
		}
	}
	return lines
}

// describe spells the mode's own properties, then every setting.
func describe(w workload.Workload) []workload.Value {
	m := w.Mode
	values := []workload.Value{
		{Key: "acks", Text: acks(m.Acks)},
		{Key: "retries", Text: fmt.Sprint(m.Retries)},
		{Key: "idempotent", Text: fmt.Sprint(m.Idempotent)},
		{Key: "transactional", Text: fmt.Sprint(m.Transactional)},
	}
	return append(w.Values(), values...)
}

func acks(n int) string {
	if n < 0 {
		return "all"
	}
	return fmt.Sprint(n)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
