//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"sync"
	"testing"
	"time"
)

// TestHoldsEndForGood uses holds after their end, copies and zero values of them, and after the next one began.
func TestHoldsEndForGood(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 8, Capacity: 8})
	arena := newArena(t, ArenaOptions{Capacity: 4096})
	objects, err := NewObjectPool[string](ObjectPoolOptions{Capacity: 8}, nil)
	ok(t, err)
	cache := newCache(t, newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 8}))
	for range 2 {
		slots, err := pool.Hold()
		ok(t, err)
		memory, slot, err := slots.Alloc()
		ok(t, err)
		same, err := slots.Bytes(slot)
		ok(t, err)
		if len(memory) != 8 || &memory[0] != &same[0] {
			t.Fatal(len(memory))
		}
		ok(t, slots.Release(acquires(t, slots)))
		ok(t, slots.Release(slot))
		wants(t, slots.Release(slot), ErrStale)
		wants(t, slots.Release(8), ErrForeign)
		bytes, err := arena.Hold()
		ok(t, err)
		numbers, err := AllocSlice[uint32](bytes, 9)
		ok(t, err)
		if len(numbers) != 9 || numbers[8] != 0 {
			t.Fatal(numbers)
		}
		_, err = bytes.Alloc(8192, 1)
		wants(t, err, ErrFull)
		ok(t, bytes.Reset())
		values, err := objects.Hold()
		ok(t, err)
		value, err := values.Acquire("a")
		ok(t, err)
		if at, err := values.Get(value); err != nil || *at != "a" {
			t.Fatal(at, err)
		}
		_, err = values.Get(Object[string]{})
		wants(t, err, ErrForeign)
		wants(t, values.Release(Object[string]{}), ErrForeign)
		ok(t, values.Release(value))
		wants(t, values.Release(value), ErrStale)
		_, err = values.Get(value)
		wants(t, err, ErrStale)
		kept, err := cache.Hold()
		ok(t, err)
		_, err = cache.Acquire()
		wants(t, err, ErrBusy)
		_, err = cache.Hold()
		wants(t, err, ErrBusy)
		_, slot, err = kept.Alloc()
		ok(t, err)
		ok(t, kept.Release(slot))
		ok(t, kept.Release(acquires(t, kept)))
		for range 2 {
			slots.End()
			bytes.End()
			values.End()
			kept.End()
		}
		heldAreClosed(t, slots, bytes, values, kept)
		next, err := pool.Hold() // another one does not revive it
		ok(t, err)
		wants(t, slots.Release(0), ErrClosed)
		slots.End()
		acquires(t, next)
		next.End()
		ok(t, pool.Reset())
	}
	heldAreClosed(t, HeldPool{}, HeldArena{}, HeldObjectPool[string]{}, HeldSharedPoolCache{})
}

func heldAreClosed(t *testing.T, slots HeldPool, bytes HeldArena, values HeldObjectPool[string], kept HeldSharedPoolCache) {
	t.Helper()
	_, acquired := slots.Acquire()
	_, _, alloc := slots.Alloc()
	_, lent := slots.Bytes(0)
	_, taken := bytes.Alloc(1, 1)
	_, zeroed := bytes.AllocZeroed(1, 1)
	_, value := values.Acquire("")
	_, got := values.Get(Object[string]{})
	_, cached := kept.Acquire()
	_, _, cachedToo := kept.Alloc()
	allSay(t, acquired, alloc, lent, taken, zeroed, value, got, cached, cachedToo, slots.Release(0), bytes.Reset(),
		values.Release(Object[string]{}), kept.Release(0))
}

// TestHoldsKeepOthersOut has goroutines hold, call and close: every call is whole, and whoever closes waits.
func TestHoldsKeepOthersOut(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 8, Capacity: 8})
	shared := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 8})
	cache := newCache(t, shared)
	held, err := pool.Hold()
	ok(t, err)
	kept, err := cache.Hold()
	ok(t, err)
	var all sync.WaitGroup
	for _, call := range []func() error{pool.Close, shared.Close} {
		all.Add(1)
		go func() {
			defer all.Done()
			if err := call(); err != nil {
				t.Error(err)
			}
		}()
	}
	time.Sleep(10 * time.Millisecond)
	ok(t, held.Release(acquires(t, held)))
	ok(t, kept.Release(acquires(t, kept)))
	held.End()
	kept.End()
	all.Wait()
	_, err = pool.Hold()
	wants(t, err, ErrClosed)
	_, err = cache.Hold()
	wants(t, err, ErrClosed)
	_, err = new(Arena).Hold()
	wants(t, err, ErrClosed)
	destroyed, _ := counted(t, 8)
	_, err = destroyed.Hold()
	wants(t, err, ErrUnsupported)
}
