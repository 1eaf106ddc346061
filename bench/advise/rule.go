package advise

import (
	"cmp"
	"fmt"
	"slices"
)

// rule explains the thresholds to who sets them: how they come about, and what they do not cover. Empty without a threshold.
func rule(alerts []Alert) []string {
	set := slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return a.Monitoring.Above == nil })
	if len(set) == 0 {
		return []string{}
	}
	fewest := slices.MinFunc(set, func(a, b Alert) int { return a.Blocks - b.Blocks }).Blocks
	lines := []string{
		fmt.Sprintf("How high: above the largest lag sampled in any block, plus a margin: the spread between the blocks' largest, or a fifth of the "+
			"largest if that is more, rounded up to two digits. Without the margin a further block, no different from the %d, would exceed it with a chance of "+
			"one in %d.", fewest, fewest+1),
	}
	if slices.ContainsFunc(set, func(a Alert) bool { return a.ForS != nil }) {
		lines = append(lines, fmt.Sprintf("How long: lag goes up and down with each transaction and each offset commit of the readers. What stays above the "+
			"threshold for %d such cycles (fill a transaction, its slowest commit seen, the offset commit) is more than that. Take two scrapes of your exporter if they are longer.", cycles))
	}
	lines = append(lines, "Which lag: as monitored is the high watermark − the committed offset, which counts what open transactions hide; exporters "+
		"give it per partition or summed over a group's partitions. Hold is the high watermark − the last stable offset, the brokers' metric LastStableOffsetLag. Age is how "+
		"long ago the oldest unread record was due.")
	return append(lines, limits(set)...)
}

// limits says what the thresholds do not cover.
func limits(set []Alert) []string {
	var samples int64
	for _, a := range set {
		samples += a.Samples
	}
	lines := []string{fmt.Sprintf("Not covered: between samples (%s in all, some ten a second) lag goes unseen, so the true largest is higher than the largest sampled. "+
		"It was measured at these rates only: lag grows with the rate × (a transaction's duration + the offset-commit interval), and with the number of producers.", figure(float64(samples)))}
	most := slices.MaxFunc(set, func(a, b Alert) int { return cmp.Compare(a.RatePerS, b.RatePerS) })
	if s := most.OffsetCommitS; s != nil {
		text := fmt.Sprintf("The readers here commit their offsets every %s s, which by itself is up to %s of the summed lag at %s, with or without transactions",
			figure(*s), figure(*s*most.RatePerS), perSecond(most.RatePerS))
		if *s < kafkaOffsetCommitS {
			text += fmt.Sprintf(": with Kafka's default of %s s expect up to %s more at %s, summed over the partitions (computed, not measured)",
				figure(kafkaOffsetCommitS), figure(most.RatePerS*(kafkaOffsetCommitS-*s)), perSecond(most.RatePerS))
		}
		lines = append(lines, text+".")
	}
	hanging := slices.DeleteFunc(slices.Clone(set), func(a Alert) bool { return a.HangingRecords == nil })
	if len(hanging) > 0 {
		worst := slices.MaxFunc(hanging, func(a, b Alert) int { return cmp.Compare(*a.HangingRecords, *b.HangingRecords) })
		lines = append(lines, fmt.Sprintf("What the alarm is to catch: a transaction that nobody ends. Until the broker does so after transaction.timeout.ms (%s s here), hold "+
			"and lag grow with everything written behind it, by up to %s records at %s.", figure(*worst.HangingRecords/worst.RatePerS), figure(*worst.HangingRecords), perSecond(worst.RatePerS)))
	}
	return lines
}

// kafkaOffsetCommitS is the default of auto.commit.interval.ms, in Java's consumer and in librdkafka's.
const kafkaOffsetCommitS = 5.0
