package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// LeftoverKind is what sort of thing a run left behind.
type LeftoverKind string

// Kinds of leftovers.
const (
	Topic           LeftoverKind = "topic"
	Group           LeftoverKind = "group"
	TransactionalID LeftoverKind = "transactional id" // cannot be removed: Kafka forgets it after transactional.id.expiration.ms
)

// Leftover is something in the cluster that this tool made.
type Leftover struct {
	Kind  LeftoverKind
	Name  string
	Run   string
	Began time.Time // of the run, UTC
}

// Leftovers lists everything in the cluster that carries this tool's names, oldest run first; a run under way is
// included. Transactional ids are listed where the cluster can (Kafka 3.0) and the user may.
func (a *Admin) Leftovers(ctx context.Context) ([]Leftover, error) {
	var found []Leftover
	add := func(kind LeftoverKind, names []string) {
		for _, name := range names {
			if run, ok := Owned(name); ok {
				began, _ := ParseRunID(run) // Owned has parsed it
				found = append(found, Leftover{kind, name, run, began})
			}
		}
	}
	topics, err := a.topics(ctx)
	if err != nil {
		return nil, failed(ctx, "list topics", err)
	}
	add(Topic, topics)
	groups, err := a.admin.ListGroups(ctx)
	if err != nil {
		return nil, failed(ctx, "list groups", err)
	}
	add(Group, groups.Groups())
	if transactions, err := a.admin.ListTransactions(ctx, nil, nil); err == nil {
		add(TransactionalID, transactions.TransactionalIDs())
	}
	slices.SortFunc(found, func(x, y Leftover) int {
		return cmp.Or(cmp.Compare(x.Run, y.Run), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
	})
	return found, nil
}

// topics lists all topics there are now, past the client's cache.
func (a *Admin) topics(ctx context.Context) ([]string, error) {
	resp, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range resp.Topics {
		if t.Topic != nil {
			names = append(names, *t.Topic)
		}
	}
	return names, nil
}

// Remove deletes the topics and groups among the leftovers; transactional ids are left to expire.
func (a *Admin) Remove(ctx context.Context, leftovers []Leftover) error {
	names := map[LeftoverKind][]string{}
	for _, l := range leftovers {
		names[l.Kind] = append(names[l.Kind], l.Name)
	}
	return errors.Join(a.DeleteGroups(ctx, names[Group]), a.DeleteTopics(ctx, names[Topic]))
}

// DeleteGroups removes groups and their committed offsets. One that does not exist is no error, one with members
// is. Only names that this tool gave are accepted.
func (a *Admin) DeleteGroups(ctx context.Context, names []string) error {
	const doing = "delete group"
	if err := guard(doing, names); err != nil {
		return err
	}
	answers, err := a.admin.DeleteGroups(ctx, names...)
	var problems []error
	if err != nil {
		problems = append(problems, failed(ctx, doing, err))
	}
	for _, answer := range answers.Sorted() {
		if answer.Err != nil && !errors.Is(answer.Err, kerr.GroupIDNotFound) {
			problems = append(problems, failed(ctx, fmt.Sprintf("%s %q", doing, answer.Group), answer.Err))
		}
	}
	return errors.Join(problems...)
}
