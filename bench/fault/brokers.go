package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// When in the window things break and heal.
const (
	breaks = 1.0 / 4
	heals  = 1.0 / 2
)

// restart ends the broker that leads most of the trial's partitions, and starts it again.
func restart(graceful bool) func(context.Context, *Act) error {
	return func(ctx context.Context, a *Act) error {
		if err := a.until(ctx, a.instant(breaks)); err != nil {
			return err
		}
		id, err := a.busiest(ctx)
		if err != nil {
			return err
		}
		return a.outage(ctx, id, graceful)
	}
}

// freeze halts the broker that leads most of the trial's partitions where it is, and lets it go on: a long pause of its machine, whose connections
// stay up.
func freeze(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	id, err := a.busiest(ctx)
	if err != nil {
		return err
	}
	node, control := int(id), a.Target.Control
	if err := control.Suspend(node); err != nil {
		return err
	}
	a.note(broke, "broker %d is suspended (SIGSTOP)", node)
	err = a.until(ctx, a.instant(heals))
	if e := control.Resume(node); e != nil {
		return errors.Join(err, e)
	}
	a.note(healed, "broker %d goes on", node)
	return err
}

// killCoordinator ends the broker that coordinates the first producer's transactions.
func killCoordinator(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	id, err := a.Admin.Coordinator(ctx, a.scene.TransactionalIDs[0])
	if err != nil {
		return err
	}
	return a.outage(ctx, id, false)
}

// outage ends a broker and starts it again at the time it is to heal. It is started again whatever happens: a cluster left broken would
// break the trials that follow.
func (a *Act) outage(ctx context.Context, id int32, graceful bool) (err error) {
	node, control := int(id), a.Target.Control
	defer func() { err = errors.Join(err, a.startAgain(ctx, node)) }()
	if graceful {
		a.note(broke, "broker %d is asked to end (SIGTERM)", node)
		err = control.Shutdown(ctx, node)
	} else {
		a.note(broke, "broker %d is killed (SIGKILL)", node)
		err = control.Kill(node)
	}
	if err != nil {
		return err
	}
	return a.until(ctx, a.instant(heals))
}

// startLimit bounds a broker's start, log recovery included.
const startLimit = 2 * time.Minute

func (a *Act) startAgain(ctx context.Context, node int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startLimit)
	defer cancel()
	if err := a.Target.Control.Start(ctx, node); err != nil {
		return err
	}
	a.note(healed, "broker %d is back", node)
	return nil
}

// fillDisk lets the broker that leads most partitions write no further. It gives up by itself, as its only log directory has failed, or else is killed
// when the time to heal has come.
func fillDisk(ctx context.Context, a *Act) (err error) {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	id, err := a.busiest(ctx)
	if err != nil {
		return err
	}
	node, control := int(id), a.Target.Control
	if err := control.Starve(node); err != nil {
		return err
	}
	a.note(broke, "broker %d can write to no file", node)
	defer func() { err = errors.Join(err, a.startAgain(ctx, node)) }()
	limited, cancel := context.WithTimeout(ctx, time.Duration(a.instant(heals)-clock.Now()))
	defer cancel()
	gone, err := control.Ended(limited, node)
	if err != nil {
		return err
	}
	if gone {
		a.note(observed, "broker %d has ended", node)
		return a.until(ctx, a.instant(heals))
	}
	a.note(observed, "broker %d still runs, and is killed", node)
	return control.Kill(node)
}

// busiest is the broker that leads most of the trial's partitions; of several one drawn by the seed.
func (a *Act) busiest(ctx context.Context) (int32, error) {
	leaders, err := a.Admin.Leaders(ctx, a.scene.Topics)
	if err != nil {
		return -1, err
	}
	led, most := map[int32]int{}, 0
	for _, topic := range leaders {
		for _, id := range topic {
			led[id]++
			most = max(most, led[id])
		}
	}
	var candidates []int32
	for _, id := range slices.Sorted(maps.Keys(led)) {
		if led[id] == most {
			candidates = append(candidates, id)
		}
	}
	if len(candidates) == 0 {
		return -1, fmt.Errorf("nobody leads the partitions: %v", leaders)
	}
	return candidates[a.random.IntN(len(candidates))], nil
}

// moveLeaders has every partition's leadership move on, three times.
func moveLeaders(ctx context.Context, a *Act) error {
	for _, share := range []float64{1.0 / 4, 2.0 / 4, 3.0 / 4} {
		if err := a.until(ctx, a.instant(share)); err != nil {
			return err
		}
		before, err := a.Admin.Leaders(ctx, a.scene.Topics)
		if err != nil {
			return err
		}
		a.note(broke, "every partition gets its next replica for a leader")
		if err := a.Admin.MoveLeaders(ctx, a.scene.Topics); err != nil {
			return err
		}
		a.note(healed, "the new leaders are elected")
		if err := a.moved(ctx, before); err != nil {
			return err
		}
	}
	return nil
}

// moved waits until a partition has another leader than before, as far as the cluster tells: metadata follow an election in a moment.
func (a *Act) moved(ctx context.Context, before [][]int32) error {
	for range 20 {
		after, err := a.Admin.Leaders(ctx, a.scene.Topics)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(before, after) {
			return nil
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("no partition has another leader than before: %v", before)
}
