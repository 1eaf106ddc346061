package cli

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"

// baseline is what rules with the word baseline are held against; nil: there is none.
func (a *app) baseline() (*gate.Against, error) { return nil, nil }
