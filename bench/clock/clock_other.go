//go:build !linux

package clock

import "time"

// raw has no portable system-wide monotonic clock to read: readings are comparable within this process only.
func raw() int64 { return int64(time.Since(base)) }
