package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/figure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/history"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// plotHistory draws figures over the releases of a history.
func (a *app) plotHistory(ctx context.Context, paths []string, f plotFlags) error {
	switch {
	case len(paths) > 0:
		return usagef("--history draws a history and %s is a run: give one of the two", strings.Join(paths, ", "))
	case len(f.only) > 0 || f.reference != "":
		return usagef("--only and --reference are for runs: name figures of the history with --metric")
	}
	var metrics []metric.Metric
	for _, name := range f.metrics {
		m, err := metric.Parse(name)
		if err != nil {
			return fmt.Errorf("--metric: %w", err)
		}
		metrics = append(metrics, m)
	}
	if err := writable(f.out); err != nil {
		return err
	}
	h, err := history.Load(f.history)
	if err != nil {
		return fmt.Errorf("--history: %w", err)
	}
	if len(metrics) == 0 {
		for _, s := range h.Series {
			if !slices.ContainsFunc(metrics, func(m metric.Metric) bool { return m.Name == s.Metric.Name }) {
				metrics = append(metrics, s.Metric)
			}
		}
	}
	var figures []figure.Figure
	for _, m := range metrics {
		fig, err := figure.History(h, m)
		if err != nil {
			return fmt.Errorf("--history %s: %w", f.history, err)
		}
		figures = append(figures, fig)
	}
	return a.drawn(ctx, figures, f)
}
