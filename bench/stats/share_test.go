package stats

import (
	"fmt"
	"testing"
)

// R: binom.test(k, n)$conf.int.
func TestShareInterval(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want string
	}{{0, 20, "0.0000 0.1684"}, {1, 20, "0.0013 0.2487"}, {10, 10, "0.6915 1.0000"}, {59, 59, "0.9394 1.0000"}, {0, 0, "0.0000 1.0000"}} {
		lo, hi := ShareInterval(c.k, c.n, 0.95)
		if got := fmt.Sprintf("%.4f %.4f", lo, hi); got != c.want {
			t.Errorf("%d of %d: got %s, want %s", c.k, c.n, got, c.want)
		}
	}
}
