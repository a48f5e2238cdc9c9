// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"strconv"
)

// sites are the places in Go that took the slots which are taken. The core sees only its wrapper take them, so it is the
// wrapper that remembers.
type sites map[uint32]uintptr

// taken notes who called the public method, which called what calls this.
func (s sites) taken(slot uint32) {
	var caller [1]uintptr
	if runtime.Callers(4, caller[:]) == 1 {
		s[slot] = caller[0]
	}
}

func (s sites) of(slot uint32) string {
	at, known := s[slot]
	if !known {
		return ""
	}
	frame, _ := runtime.CallersFrames([]uintptr{at}).Next()
	return frame.File + ":" + strconv.Itoa(frame.Line)
}
