// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

// TestCachePaddedValuesShareNoPairOfLines wherever the array begins.
func TestCachePaddedValuesShareNoPairOfLines(t *testing.T) {
	var counts [3]CachePadded[atomic.Uint64]
	for i := range counts[1:] {
		behind := uintptr(unsafe.Pointer(&counts[i].Value)) + unsafe.Sizeof(counts[i].Value)
		next := uintptr(unsafe.Pointer(&counts[i+1].Value))
		if next-behind < cachePairBytes {
			t.Errorf("%d bytes between value %d and the next", next-behind, i)
		}
	}
	if before := unsafe.Offsetof(counts[0].Value); before < cachePairBytes {
		t.Errorf("%d bytes before the first", before)
	}
	if behind := unsafe.Sizeof(counts[0]) - unsafe.Offsetof(counts[0].Value) - unsafe.Sizeof(counts[0].Value); behind < cachePairBytes {
		t.Errorf("%d bytes behind the last", behind)
	}
}

func TestCachePaddedValuesAreUsedInPlace(t *testing.T) {
	var counts [4]CachePadded[atomic.Uint64]
	var workers sync.WaitGroup
	for i := range counts {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for range 1000 {
				counts[i].Value.Add(1)
			}
		}()
	}
	workers.Wait()
	for i := range counts {
		if n := counts[i].Value.Load(); n != 1000 {
			t.Errorf("%d: %d", i, n)
		}
	}
}
