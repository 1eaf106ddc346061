//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package result

import (
	"errors"
	"os"
)

// flock is for systems without such locks: nobody is kept out.
func flock(*os.File) (taken bool, err error) { return false, errors.ErrUnsupported }
