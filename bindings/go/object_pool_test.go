//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// counted is an object pool of texts, and how often the destructor ran for each.
func counted(t testing.TB, capacity uint64) (*ObjectPool[string], map[string]int) {
	t.Helper()
	destroyed := map[string]int{}
	pool, err := NewObjectPool(ObjectPoolOptions{Capacity: capacity}, func(s *string) { destroyed[*s]++ })
	ok(t, err)
	t.Cleanup(func() { pool.Close() })
	return pool, destroyed
}

func object[T any](t testing.TB, pool *ObjectPool[T], value T) Object[T] {
	t.Helper()
	o, err := pool.Acquire(value)
	ok(t, err)
	return o
}

func isValue(t testing.TB, o Object[string], want string) {
	t.Helper()
	value, err := o.Get()
	ok(t, err)
	if *value != want {
		t.Fatalf("%q, not %q", *value, want)
	}
}

func TestObjectsAreDestroyedOnce(t *testing.T) {
	pool, destroyed := counted(t, 2)
	one, two := object(t, pool, "one"), object(t, pool, "two")
	_, err := pool.Acquire("three")
	wants(t, err, ErrFull)
	isValue(t, one, "one")
	ok(t, one.Set("uno"))
	ok(t, one.Release())
	for _, stale := range []Object[string]{one, {}, {pool, 0}, {pool, one.handle + 2<<32}, {pool, 1<<32 | 99}} {
		_, err := stale.Get()
		wants(t, err, ErrStale)
		_, err = stale.Take()
		wants(t, err, ErrStale)
		wants(t, stale.Set("x"), ErrStale)
		wants(t, stale.Release(), ErrStale)
	}
	again := object(t, pool, "again")
	if uint32(again.handle) != uint32(one.handle) {
		t.Error("the free slot was not taken, so this test shows less than it could")
	}
	wants(t, one.Release(), ErrStale)
	isValue(t, again, "again")
	taken, err := two.Take()
	ok(t, err)
	stats, err := pool.Stats()
	ok(t, err)
	if taken != "two" || stats.InUse != 1 || stats.Peak != 2 || stats.Failures != 1 || stats.Capacity != 2 {
		t.Errorf("%q %+v", taken, stats)
	}
	if n := pool.CloseCounting(); n != 1 {
		t.Error(n)
	}
	if n := pool.CloseCounting(); n != 0 {
		t.Error(n)
	}
	wants(t, one.Release(), ErrClosed)
	_, err = again.Get()
	wants(t, err, ErrClosed)
	if len(destroyed) != 2 || destroyed["uno"] != 1 || destroyed["again"] != 1 {
		t.Error(destroyed)
	}
}

func TestObjectsComeInBatches(t *testing.T) {
	pool, destroyed := counted(t, 10)
	objects := make([]Object[string], 4)
	wants(t, pool.AcquireMany(make([]string, 3), objects), ErrInvalidArgument)
	wants(t, pool.AcquireMany(make([]string, 11), make([]Object[string], 11)), ErrFull)
	ok(t, pool.AcquireMany([]string{"a", "b", "c", "d"}, objects))
	other, _ := counted(t, 1)
	foreign := object(t, other, "foreign")
	wants(t, pool.ReleaseMany([]Object[string]{objects[0], objects[1], objects[0]}), ErrStale)
	wants(t, pool.ReleaseMany([]Object[string]{objects[0], foreign}), ErrForeign)
	if len(destroyed) != 0 {
		t.Error(destroyed)
	}
	isValue(t, objects[0], "a")
	var live []string
	for o := range pool.All() {
		value, err := o.Get()
		ok(t, err)
		live = append(live, *value)
	}
	if !slices.Equal(live, []string{"a", "b", "c", "d"}) {
		t.Error(live)
	}
	ok(t, pool.ReleaseMany(objects[:2]))
	ok(t, pool.ReleaseMany(nil))
	wants(t, objects[0].Release(), ErrStale)
	ok(t, pool.Reset())
	wants(t, objects[3].Release(), ErrStale)
	if len(destroyed) != 4 {
		t.Error(destroyed)
	}
	stats, err := pool.Stats()
	ok(t, err)
	if stats.InUse != 0 || stats.Destroyed != 4 {
		t.Errorf("%+v", stats)
	}
}

// TestDestructorsMayUseTheirPool calls everything from a destructor.
func TestDestructorsMayUseTheirPool(t *testing.T) {
	var pool *ObjectPool[int]
	var self Object[int]
	runs := 0
	pool, err := NewObjectPool(ObjectPoolOptions{Capacity: 3}, func(n *int) {
		runs++
		if *n != 1 {
			return
		}
		wants(t, self.Release(), ErrStale)
		_, err := self.Get()
		wants(t, err, ErrStale)
		child := object(t, pool, 2)
		for o := range pool.All() {
			if o == self {
				t.Error("an object that is being destroyed is listed")
			}
		}
		ok(t, child.Release())
		ok(t, pool.Close())
	})
	ok(t, err)
	self = object(t, pool, 1)
	object(t, pool, 3)
	ok(t, self.Release())
	if runs != 3 {
		t.Errorf("%d destructors ran", runs)
	}
	wants(t, self.Release(), ErrClosed)
}

func TestDestructorsMayChangeWhatIsReleased(t *testing.T) {
	var pool *ObjectPool[int]
	objects := make([]Object[int], 2)
	pool, err := NewObjectPool(ObjectPoolOptions{Capacity: 4}, func(*int) { objects[0], objects[1] = Object[int]{}, Object[int]{} })
	ok(t, err)
	defer pool.Close()
	kept := object(t, pool, 7)
	ok(t, pool.AcquireMany([]int{1, 2}, objects))
	ok(t, pool.ReleaseMany(objects))
	if value, err := kept.Get(); err != nil || *value != 7 {
		t.Error(value, err)
	}
	if stats, err := pool.Stats(); err != nil || stats.InUse != 1 {
		t.Error(stats, err)
	}
}

func TestAllDestructorsRunThoughOnePanics(t *testing.T) {
	runs := 0
	pool, err := NewObjectPool(ObjectPoolOptions{Capacity: 3}, func(n *int) {
		runs++
		if *n == 1 {
			panic("as intended")
		}
	})
	ok(t, err)
	single := object(t, pool, 1)
	func() {
		defer func() { recover() }()
		single.Release()
	}()
	wants(t, single.Release(), ErrStale)
	for n := range 3 {
		object(t, pool, n)
	}
	func() {
		defer func() { recover() }()
		pool.Close()
	}()
	if runs != 4 {
		t.Errorf("%d of 4 ran", runs)
	}
}

func TestObjectsNeverMove(t *testing.T) {
	pool, err := NewObjectPool[[100]byte](ObjectPoolOptions{Capacity: 5000}, nil)
	ok(t, err)
	defer pool.Close()
	first, err := object(t, pool, [100]byte{1}).Get()
	ok(t, err)
	for range 4999 {
		object(t, pool, [100]byte{2})
	}
	for o := range pool.All() {
		again, err := o.Get()
		ok(t, err)
		if again != first || first[0] != 1 {
			t.Error("the first object moved")
		}
		break
	}
	for _, capacity := range []uint64{0, 1<<30 + 1} {
		if _, err := NewObjectPool[int](ObjectPoolOptions{Capacity: capacity}, nil); err == nil {
			t.Error("capacity", capacity)
		}
	}
}

// TestObjectPoolLetsGo looks that the pool does not keep what released values referred to.
func TestObjectPoolLetsGo(t *testing.T) {
	pool, err := NewObjectPool[*[1 << 20]byte](ObjectPoolOptions{Capacity: 4}, nil)
	ok(t, err)
	defer pool.Close()
	var collected atomic.Int32
	func() {
		for range 4 {
			value := new([1 << 20]byte)
			runtime.AddCleanup(value, func(int) { collected.Add(1) }, 0)
			ok(t, object(t, pool, value).Release())
		}
	}()
	for round := 0; collected.Load() < 4; round++ {
		if round == 1000 {
			t.Fatalf("%d of 4 released values were collected", collected.Load())
		}
		runtime.GC()
		runtime.Gosched()
	}
}

func TestObjectPoolAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 5))
	pool, destroyed := counted(t, 50)
	live := map[Object[string]]string{}
	var released []Object[string]
	made := 0
	for range scale(20_000) {
		if random.IntN(2) == 0 {
			made++
			o, err := pool.Acquire(strconv.Itoa(made))
			if len(live) == 50 {
				wants(t, err, ErrFull)
				continue
			}
			ok(t, err)
			live[o] = strconv.Itoa(made)
			continue
		}
		for o, value := range live {
			isValue(t, o, value)
			ok(t, o.Release())
			if destroyed[value] != 1 {
				t.Fatalf("%d destructors of %s", destroyed[value], value)
			}
			delete(live, o)
			released = append(released, o)
			break
		}
		if len(released) > 0 {
			wants(t, released[random.IntN(len(released))].Release(), ErrStale)
		}
	}
	if n := pool.CloseCounting(); n != uint64(len(live)) || len(destroyed) != len(released)+len(live) {
		t.Error(n, len(live), len(destroyed), len(released))
	}
}

// TestObjectPoolAmongGoroutines closes a pool that many goroutines use: each value is destroyed once.
func TestObjectPoolAmongGoroutines(t *testing.T) {
	for range scale(20) {
		var made, gone atomic.Int64
		pool, err := NewObjectPool(ObjectPoolOptions{Capacity: 100}, func(n *int64) { gone.Add(1) })
		ok(t, err)
		var users sync.WaitGroup
		shared := make(chan Object[int64], 10)
		for range 4 {
			users.Add(1)
			go func() {
				defer users.Done()
				for i := int64(0); ; i++ {
					o, err := pool.Acquire(i)
					if errors.Is(err, ErrClosed) {
						return
					}
					if err == nil {
						made.Add(1)
						select {
						case shared <- o:
							continue
						case other := <-shared:
							_ = other.Release() // another may have been first with its copy, or the pool is closed
						default:
						}
						_ = o.Release()
					} else if !errors.Is(err, ErrFull) {
						t.Error(err)
						return
					} else {
						select {
						case other := <-shared:
							_ = other.Release()
						default:
						}
					}
				}
			}()
		}
		for made.Load() < 500 {
			runtime.Gosched()
		}
		ok(t, pool.Close())
		users.Wait()
		if made.Load() != gone.Load() {
			t.Fatalf("%d made, %d destroyed", made.Load(), gone.Load())
		}
	}
}
