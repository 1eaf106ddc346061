package fault

import (
	"context"
	"errors"
	"time"
)

// slowConsumers has every reader rest after each batch, for a quarter of the window.
func slowConsumers(ctx context.Context, a *Act) error {
	const rest = 500 * time.Millisecond
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	a.note(broke, "every reader rests %s after each batch of records", rest)
	a.scene.Readers.Slow(rest)
	err := a.until(ctx, a.instant(heals))
	a.scene.Readers.Slow(0)
	a.note(healed, "the readers are as quick as before")
	return err
}

// rejoins is how often the readers leave and come back.
const rejoins = 5

// rebalanceStorm has all readers leave and come back to their partitions again and again, as in a group that cannot settle.
func rebalanceStorm(ctx context.Context, a *Act) error {
	for i := range rejoins {
		if err := a.until(ctx, a.instant(float64(i+1)/(rejoins+1))); err != nil {
			return err
		}
		a.scene.Readers.Rejoin()
		a.note(broke, "every reader leaves and comes back to its committed offsets")
		a.note(healed, "they read on")
	}
	if err := a.until(ctx, a.instant(1)); err != nil {
		return err
	}
	n := a.scene.Readers.Rejoined()
	a.figure("rejoins", float64(n))
	if n == 0 {
		return errors.New("no reader left and came back within the window")
	}
	return nil
}
