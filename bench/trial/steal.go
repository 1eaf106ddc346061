package trial

import (
	"context"
	"time"
)

// Steal waits for a moment and returns the share of the machine's CPU time in it that the hypervisor gave to others, 0
// to 1; false where the system does not tell, or the context ended first.
func Steal(ctx context.Context, moment time.Duration) (share float64, ok bool) {
	from := readUsage(nil)
	if sleep(ctx, moment) != nil {
		return 0, false
	}
	return stolen(from, readUsage(nil))
}
