//go:build !linux

package broker

import "errors"

// Starve needs Linux's prlimit(2).
func (c *Control) Starve(int) error {
	return errors.New("filling a broker's disk takes Linux: leave the scenario out")
}
