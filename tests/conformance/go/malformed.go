// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "fmt"

// malformedError is what is wrong with a scenario. It is panicked where it is found, which keeps the parsers short.
type malformedError struct{ cause string }

func (e malformedError) Error() string { return e.cause }

func refuse(format string, arguments ...any) {
	panic(malformedError{fmt.Sprintf(format, arguments...)})
}

// guarded returns what do refused.
func guarded(do func()) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case malformedError:
			err = cause
		default:
			panic(cause)
		}
	}()
	do()
	return nil
}

// atStep adds to what do refused which step it was at.
func atStep(number *int, do func()) {
	if err := guarded(do); err != nil {
		refuse("step %d: %v", *number, err)
	}
}
