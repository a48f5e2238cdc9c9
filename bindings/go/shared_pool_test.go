//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newTestSharedPool(t testing.TB, options SharedPoolOptions) *SharedPool {
	t.Helper()
	pool, err := NewSharedPool(options)
	ok(t, err)
	t.Cleanup(func() { pool.Close() })
	return pool
}

func newCache(t testing.TB, pool *SharedPool) *SharedPoolCache {
	t.Helper()
	cache, err := pool.Cache()
	ok(t, err)
	return cache
}

func TestSharedPoolGivesEachSlotOnce(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 16, Capacity: 200})
	cache := newCache(t, pool)
	seen := map[uint32]bool{}
	many := make([]uint32, 100)
	ok(t, cache.AcquireMany(many))
	for range 99 {
		many = append(many, acquires(t, cache))
	}
	ok(t, cache.Flush()) // it kept the last one
	many = append(many, acquires(t, pool))
	for _, slot := range many {
		if slot >= 200 || seen[slot] {
			t.Fatalf("slot %d", slot)
		}
		seen[slot] = true
	}
	_, err := cache.Acquire()
	wants(t, err, ErrFull)
	wants(t, cache.AcquireMany(make([]uint32, 1)), ErrFull)
	wants(t, cache.ReleaseMany([]uint32{1, 2, 1}), ErrStale)
	wants(t, cache.ReleaseMany([]uint32{1, 2, 200}), ErrForeign)
	ok(t, cache.ReleaseMany(many[:150]))
	wants(t, cache.Release(many[0]), ErrStale)
	wants(t, cache.Release(200), ErrForeign)
	wants(t, pool.Release(many[0]), ErrStale)
	wants(t, pool.Release(200), ErrForeign)
	wants(t, pool.ReleaseAt(1), ErrForeign)
	wants(t, cache.Adopt(many[0]), ErrStale)
	ok(t, cache.Adopt(many[199]))
	ok(t, pool.Release(many[199]))
	stats, err := pool.Stats()
	ok(t, err)
	if stats.InUse != 49 || stats.Capacity != 200 || stats.Caches != 1 || stats.Failures < 2 {
		t.Errorf("%+v", stats)
	}
	ok(t, pool.Validate())
	ok(t, pool.Reset())
	if stats, err := pool.Stats(); err != nil || stats.InUse != 0 {
		t.Error(stats, err)
	}
	acquires(t, cache)
}

func TestSharedPoolCachesFlush(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 64, Caches: 2})
	one, two := newCache(t, pool), newCache(t, pool)
	_, err := pool.Cache()
	wants(t, err, ErrFull)
	ok(t, one.Release(acquires(t, one)))
	_, kept := two.Acquire()
	ok(t, one.Flush())
	slot := acquires(t, two)
	ok(t, two.Release(slot))
	if kept == nil {
		t.Log("a cache took what the other had not kept") // allowed, since it is a bound and no promise
	}
	ok(t, one.Close())
	ok(t, one.Close())
	wants(t, one.Flush(), ErrClosed)
	_, err = one.Acquire()
	wants(t, err, ErrClosed)
	_, err = one.Bytes(0)
	wants(t, err, ErrClosed)
	third := newCache(t, pool)
	ok(t, third.Close())
	ok(t, two.Close())
	ok(t, pool.Repair())
	if reclaimed, err := pool.Reclaim(); err != nil || reclaimed != 0 {
		t.Error(reclaimed, err)
	}
	four := newCache(t, pool)
	wants(t, pool.Repair(), ErrBusy)
	ok(t, pool.Close())
	ok(t, pool.Close())
	wants(t, four.Flush(), ErrClosed)
	ok(t, four.Close())
	_, err = pool.Cache()
	wants(t, err, ErrClosed)
}

// TestSharedPoolAmongGoroutines lets goroutines take, pass on and release, and looks that no object has two users.
func TestSharedPoolAmongGoroutines(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 1000, Align: 64})
	const workers = 4
	passed := make(chan uint32, 200)
	var users sync.WaitGroup
	for worker := range uint64(workers) {
		users.Add(1)
		go func() {
			defer users.Done()
			cache, err := pool.Cache()
			if err != nil {
				t.Error(err)
				return
			}
			defer cache.Close()
			for i := range uint64(scale(5_000)) {
				slot, err := cache.Acquire()
				if err == nil {
					err = mark(cache, slot, worker<<32|i)
				}
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case passed <- slot:
				case other := <-passed:
					err = errors.Join(cache.Release(other), cache.Release(slot))
				default:
					err = pool.Release(slot)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	users.Wait()
	close(passed)
	for slot := range passed {
		ok(t, pool.Release(slot))
	}
	stats, err := pool.Stats()
	ok(t, err)
	if stats.InUse != 0 || stats.Caches != 0 {
		t.Errorf("%+v", stats)
	}
	ok(t, pool.Validate())
}

// mark writes a number of the caller's into a slot, and looks that it stays.
func mark(cache *SharedPoolCache, slot uint32, number uint64) error {
	memory, err := cache.Bytes(slot)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(memory, number)
	runtime.Gosched()
	if binary.LittleEndian.Uint64(memory) != number {
		return errors.New("a slot has two users")
	}
	return nil
}

// TestSharedPoolCacheRefusesTwoGoroutines has many goroutines at one cache: each call succeeds or is refused, and nothing
// is lost.
func TestSharedPoolCacheRefusesTwoGoroutines(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 500})
	cache := newCache(t, pool)
	cache.core.state.Store(cacheInUse)
	_, err := cache.Acquire()
	wants(t, err, ErrBusy)
	for _, err := range []error{cache.Release(0), cache.Flush(), cache.Adopt(0), cache.AcquireMany(nil), cache.ReleaseMany(nil)} {
		wants(t, err, ErrBusy)
	}
	_, err = cache.Bytes(0)
	wants(t, err, ErrBusy)
	cache.core.leave()

	var users sync.WaitGroup
	var held atomic.Int64
	for range 4 {
		users.Add(1)
		go func() {
			defer users.Done()
			for range scale(3_000) {
				slot, err := cache.Acquire()
				if errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				held.Add(1)
				for err = ErrBusy; errors.Is(err, ErrBusy); {
					err = cache.Release(slot)
				}
				if err != nil {
					t.Error(err)
					return
				}
				held.Add(-1)
			}
		}()
	}
	users.Wait()
	ok(t, cache.Close())
	stats, err := pool.Stats()
	ok(t, err)
	if stats.InUse != 0 || held.Load() != 0 {
		t.Errorf("%+v", stats)
	}
	ok(t, pool.Validate())
}

// TestSharedPoolClosesDuringCalls closes caches and the pool while goroutines use them.
func TestSharedPoolClosesDuringCalls(t *testing.T) {
	for range scale(30) {
		pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 500})
		var users sync.WaitGroup
		use := func(call func() error) {
			users.Add(1)
			go func() {
				defer users.Done()
				for {
					if err := call(); errors.Is(err, ErrClosed) {
						return
					} else if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrFull) && !errors.Is(err, ErrBusy) {
						t.Error(err)
						return
					}
				}
			}()
		}
		caches := []*SharedPoolCache{newCache(t, pool), newCache(t, pool)}
		for _, cache := range caches {
			use(func() error { _, err := cache.Acquire(); return err })
		}
		use(func() error { _, err := pool.Acquire(); return err })
		use(func() error { return pool.Release(7) })
		use(func() error { return pool.Read(7, 0, nil) })
		use(func() error { return pool.Reset() })
		use(func() error {
			cache, err := pool.Cache()
			if err == nil {
				err = cache.Close()
			}
			return err
		})
		caches[0].Close()
		pool.Close()
		users.Wait()
	}
}

func TestGuardedSharedPoolWithdrawsDamaged(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 32, Capacity: 4, Flags: MemoryGuarded})
	cache := newCache(t, pool)
	bad, good := acquires(t, cache), acquires(t, cache)
	memory, err := cache.Bytes(bad)
	ok(t, err)
	pastTheEnd(memory, 32)
	wants(t, cache.Release(bad), ErrCorrupt)
	_, err = pool.Bytes(bad)
	wants(t, err, ErrStale)
	wants(t, pool.Release(bad), ErrStale)
	ok(t, cache.Release(good))
	seen := map[uint32]bool{}
	for range 3 {
		seen[acquires(t, cache)] = true
	}
	_, err = cache.Acquire()
	wants(t, err, ErrFull)
	if seen[bad] || len(seen) != 3 {
		t.Error(seen, bad)
	}
}

func TestForgottenCachesAreClosed(t *testing.T) {
	pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 100, Caches: 1})
	func() { acquires(t, newCache(t, pool)) }()
	for round := 0; ; round++ {
		cache, err := pool.Cache()
		if err == nil {
			ok(t, cache.Release(0))
			break
		}
		wants(t, err, ErrFull)
		if round == 1000 {
			t.Fatal("still open after 1,000 collections")
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}
