//go:build !linux

package pace

import (
	"runtime"
	"time"
)

// sleeper is as exact as the runtime's timers. It locks the thread too, so that Waiter behaves alike everywhere.
type sleeper struct{}

func (*sleeper) open() { runtime.LockOSThread() }

func (*sleeper) sleep(now, wake int64) { time.Sleep(time.Duration(wake - now)) }

func (*sleeper) close() { runtime.UnlockOSThread() }
