//go:build race

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"unsafe"
)

// What goroutines pass on to each other through a shared pool is ordered by the core's atomic words, which the race
// detector does not see. So it is told: whoever takes a slot comes after everybody who gave one back.

func (l *lender) tookSlot()  { runtime.RaceAcquire(unsafe.Pointer(l)) }
func (l *lender) givesSlot() { runtime.RaceReleaseMerge(unsafe.Pointer(l)) }
