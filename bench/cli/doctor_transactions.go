package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// transactionsFlags say which open transactions doctor looks for.
type transactionsFlags struct {
	look      bool
	olderThan time.Duration
	topics    []string
}

// openForLong is the age from which a transaction is one to ask about: most are over in a second.
const openForLong = 10 * time.Second

// holdsReport is what doctor --transactions found, and its JSON document.
type holdsReport struct {
	Schema     string            `json:"schema"`
	Tool       result.Tool       `json:"tool"`
	At         time.Time         `json:"at"`
	OlderThanS float64           `json:"older_than_s"`
	Partitions int               `json:"partitions"` // that answered
	Unanswered []string          `json:"unanswered"`
	Younger    int               `json:"younger"` // left out, counted on each partition
	Open       []heldTransaction `json:"open"`
}

// heldTransaction is one open transaction on one partition; null is what nobody knows of it.
type heldTransaction struct {
	Topic           string     `json:"topic"`
	Partition       int32      `json:"partition"`
	StartOffset     int64      `json:"start_offset"`
	HeldOffsets     int64      `json:"held_offsets"`
	TransactionalID *string    `json:"transactional_id"`
	ProducerID      int64      `json:"producer_id"`
	ProducerEpoch   int16      `json:"producer_epoch"`
	State           *string    `json:"state"`
	Coordinator     *int32     `json:"coordinator"`
	Hanging         bool       `json:"hanging"`
	Since           time.Time  `json:"since"`
	AgeS            float64    `json:"age_s"`
	TimeoutS        *float64   `json:"timeout_s"`
	TimesOutAt      *time.Time `json:"times_out_at"`
}

// openTransactions names the transactions that hold a cluster's partitions.
func (a *app) openTransactions(ctx context.Context, f doctorFlags) error {
	properties, err := f.client.read()
	if err != nil {
		return err
	}
	bootstrap, err := a.running(ctx, f.cluster.bootstrap, f.client.bootstrap)
	if err != nil {
		return ended(ctx, err)
	}
	if bootstrap == "" {
		return usagef("--transactions: no local broker is kept running: name a cluster with -b")
	}
	admin, err := dial(ctx, bootstrap, properties)
	if err != nil {
		return ended(ctx, err)
	}
	defer admin.Close()
	holds, err := admin.OpenTransactions(ctx, f.transactions.topics)
	if err != nil {
		return ended(ctx, err)
	}
	r := newHoldsReport(holds, f.transactions.olderThan, a.Now())
	if f.format == "json" {
		err = result.Indented(a.Stdout, r)
	} else {
		err = r.text(a.Stdout, a.reportOptions("", f.noColor))
	}
	return errors.Join(err, r.verdict())
}

func newHoldsReport(holds cluster.Holds, olderThan time.Duration, now time.Time) *holdsReport {
	r := &holdsReport{
		Schema: "kafka-eos-bench/transactions/v1", Tool: result.ThisTool(), At: now.UTC(), OlderThanS: olderThan.Seconds(),
		Partitions: holds.Partitions, Unanswered: append([]string{}, holds.Unanswered...), Open: []heldTransaction{},
	}
	for _, t := range holds.Open {
		age := max(0, now.Sub(t.Since)) // another machine's clock may be ahead
		if age < olderThan {
			r.Younger++
			continue
		}
		h := heldTransaction{
			Topic: t.Topic, Partition: t.Partition, StartOffset: t.StartOffset, HeldOffsets: t.Held, ProducerID: t.ProducerID, ProducerEpoch: t.ProducerEpoch,
			Hanging: t.Hanging, Since: t.Since.UTC(), AgeS: age.Seconds(),
		}
		if t.TransactionalID != "" {
			h.TransactionalID, h.Coordinator = &t.TransactionalID, &t.Coordinator
		}
		if !t.Hanging {
			h.State, h.TimeoutS = &t.State, new(t.Timeout.Seconds())
		}
		if at := t.TimesOut(); !at.IsZero() {
			h.TimesOutAt = new(at.UTC())
		}
		r.Open = append(r.Open, h)
	}
	return r
}

// verdict is the exit code of what was found: a transaction that has been open for too long comes before partitions that did not answer.
func (r *holdsReport) verdict() error {
	switch {
	case len(r.Open) > 0:
		return &coded{exitFailed, errors.New(r.summary())}
	case len(r.Unanswered) > 0:
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: %s did not answer, and may be held", plural(len(r.Unanswered), "partition"))}
	case r.Partitions == 0:
		return &coded{exitInconclusive, errors.New("inconclusive: the cluster shows no partitions to this user")}
	}
	return nil
}

// summary is the finding in a sentence.
func (r *holdsReport) summary() string {
	held := len(slices.CompactFunc(slices.Clone(r.Open), func(x, y heldTransaction) bool { return x.Topic == y.Topic && x.Partition == y.Partition }))
	hold := "hold"
	if len(r.transactions()) == 1 {
		hold = "holds"
	}
	return fmt.Sprintf("%s, open for %s or longer, %s %d of %s", plural(len(r.transactions()), "transaction"),
		time.Duration(r.OlderThanS*float64(time.Second)), hold, held, plural(r.Partitions, "partition"))
}

// transactions are one entry of each transaction, the oldest first. What hangs is counted per partition: nobody knows what belongs together.
func (r *holdsReport) transactions() []heldTransaction {
	type key struct {
		producer  int64
		hanging   bool
		partition string
	}
	seen := map[key]bool{}
	var one []heldTransaction
	for _, t := range r.Open {
		k := key{producer: t.ProducerID, hanging: t.Hanging}
		if t.Hanging {
			k.partition = t.where()
		}
		if !seen[k] {
			seen[k] = true
			one = append(one, t)
		}
	}
	slices.SortStableFunc(one, func(x, y heldTransaction) int { return cmp.Compare(y.AgeS, x.AgeS) })
	return one
}

func (t *heldTransaction) where() string { return fmt.Sprintf("%s-%d", t.Topic, t.Partition) }

// text is a table of what is held, and a paragraph on each transaction that holds it.
func (r *holdsReport) text(w io.Writer, o report.Options) error {
	var b strings.Builder
	var err error
	if len(r.Open) > 0 {
		column := func(title string, words bool, text func(*heldTransaction) string) report.Column {
			c := report.Column{Title: title, Words: words}
			for i := range r.Open {
				c.Texts = append(c.Texts, text(&r.Open[i]))
			}
			return c
		}
		err = report.Table(&b, o.Color, []report.Column{
			column("partition", true, (*heldTransaction).where),
			column("held from", false, func(t *heldTransaction) string { return fmt.Sprint(t.StartOffset) }),
			column("offsets", false, func(t *heldTransaction) string { return fmt.Sprint(t.HeldOffsets) }),
			column("open for", false, func(t *heldTransaction) string { return t.age() }),
			column("producer", false, func(t *heldTransaction) string { return fmt.Sprint(t.ProducerID) }),
		})
		b.WriteByte('\n')
		for _, t := range r.transactions() {
			err = errors.Join(err, report.Paragraph(&b, "- ", t.text(), o.Width))
		}
		b.WriteByte('\n')
	}
	for _, u := range r.Unanswered {
		err = errors.Join(err, report.Paragraph(&b, "unanswered: ", u, o.Width))
	}
	sentence := r.summary() + "."
	if len(r.Open) == 0 {
		sentence = fmt.Sprintf("None of %s is held by a transaction open for %s or longer.", plural(r.Partitions, "partition"), time.Duration(r.OlderThanS*float64(time.Second)))
	}
	if r.Younger > 0 {
		sentence += fmt.Sprintf(" Younger transactions are left out, on %s; --older-than 0s shows them.", plural(r.Younger, "partition"))
	}
	err = errors.Join(err, report.Paragraph(&b, "", sentence, o.Width))
	_, failed := io.WriteString(w, b.String())
	return errors.Join(err, failed)
}

func (t *heldTransaction) age() string {
	return time.Duration(t.AgeS * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// text says who a transaction is and what will end it.
func (t *heldTransaction) text() string {
	who := fmt.Sprintf("Producer %d (epoch %d)", t.ProducerID, t.ProducerEpoch)
	if t.TransactionalID != nil {
		who = fmt.Sprintf("%s (producer %d, epoch %d)", *t.TransactionalID, t.ProducerID, t.ProducerEpoch)
	}
	const clock = "2006-01-02 15:04:05 MST"
	switch {
	case t.Hanging:
		return fmt.Sprintf("%s: no coordinator knows of its transaction on %s, or this user may not describe its transactional id. If it hangs, nothing ends it "+
			"by itself: kafka-transactions.sh abort --topic %s --partition %d --start-offset %d does. Its last record there is from %s.",
			who, t.where(), t.Topic, t.Partition, t.StartOffset, t.Since.Format(clock))
	case t.TimesOutAt == nil:
		return fmt.Sprintf("%s: %s, begun at %s: broker %d, which coordinates it, is writing the markers that end it.", who, *t.State, t.Since.Format(clock), *t.Coordinator)
	}
	return fmt.Sprintf("%s: %s since %s. Broker %d, which coordinates it, aborts it from %s on (transaction.timeout.ms %s), when it next looks: every 10 s unless configured otherwise.",
		who, *t.State, t.Since.Format(clock), *t.Coordinator, t.TimesOutAt.Format(clock), time.Duration(*t.TimeoutS*float64(time.Second)))
}
