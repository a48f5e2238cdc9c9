//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func newTestPool(t testing.TB, options PoolOptions) *Pool {
	t.Helper()
	pool, err := NewPool(options)
	ok(t, err)
	t.Cleanup(func() { pool.Close() })
	return pool
}

func acquires(t testing.TB, pool interface{ Acquire() (uint32, error) }) uint32 {
	t.Helper()
	slot, err := pool.Acquire()
	ok(t, err)
	return slot
}

func TestPoolGivesTheLastReleasedFirst(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 24, Capacity: 4})
	for want := range uint32(4) {
		if slot := acquires(t, pool); slot != want {
			t.Fatalf("slot %d, not %d", slot, want)
		}
	}
	_, err := pool.Acquire()
	wants(t, err, ErrFull)
	ok(t, pool.Release(2))
	ok(t, pool.Release(0))
	if first, second := acquires(t, pool), acquires(t, pool); first != 0 || second != 2 {
		t.Fatal(first, second)
	}
	ok(t, pool.Reset())
	if slot := acquires(t, pool); slot != 0 {
		t.Fatal(slot)
	}
	stats, err := pool.Stats()
	ok(t, err)
	if stats.InUse != 1 || stats.Peak != 4 || stats.Failures != 1 || stats.ObjectBytes != 24 || stats.Capacity != 4 {
		t.Errorf("%+v", stats)
	}
	ok(t, pool.Validate())
}

func TestPoolTellsBadReleasesFromGoodOnes(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 16, Capacity: 4})
	slot := acquires(t, pool)
	stats, err := pool.Stats()
	ok(t, err)
	wants(t, pool.Release(1), ErrStale)
	wants(t, pool.Release(4), ErrForeign)
	wants(t, pool.Release(1<<31), ErrForeign)
	wants(t, pool.ReleaseAt(1), ErrForeign)
	wants(t, pool.ReleaseAt(4*stats.Stride), ErrForeign)
	wants(t, pool.ReleaseAt(1<<63), ErrForeign)
	wants(t, pool.ReleaseAt(stats.Stride), ErrStale)
	for _, call := range []func(uint32) error{
		func(s uint32) error { _, err := pool.Bytes(s); return err },
		func(s uint32) error { return pool.Read(s, 0, nil) },
		func(s uint32) error { return pool.Write(s, 0, nil) },
		func(s uint32) error { return pool.Fill(s, 1) },
	} {
		wants(t, call(1), ErrStale)
		wants(t, call(4), ErrForeign)
		ok(t, call(slot))
	}
	ok(t, pool.Release(slot))
	wants(t, pool.Release(slot), ErrStale)
	acquires(t, pool)
	ok(t, pool.ReleaseAt(0))
}

func TestPoolReadsAndWrites(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 10, Capacity: 3})
	slots := make([]uint32, 3)
	ok(t, pool.AcquireMany(slots))
	for _, slot := range slots {
		ok(t, pool.Fill(slot, byte('a'+slot)))
	}
	ok(t, pool.Write(slots[1], 8, []byte("zz")))
	var got [10]byte
	ok(t, pool.Read(slots[1], 0, got[:]))
	if string(got[:]) != "bbbbbbbbzz" {
		t.Errorf("%q", got)
	}
	wants(t, pool.Read(slots[1], 9, got[:2]), ErrInvalidArgument)
	wants(t, pool.Read(slots[1], 11, nil), ErrInvalidArgument)
	wants(t, pool.Read(slots[1], 1<<63, got[:1]), ErrInvalidArgument)
	wants(t, pool.Write(slots[1], 9, got[:2]), ErrInvalidArgument)
	wants(t, pool.Write(slots[1], 1<<63, got[:1]), ErrInvalidArgument)
	ok(t, pool.Read(slots[1], 10, nil))
	lent, err := pool.Bytes(slots[2])
	ok(t, err)
	if string(lent) != "cccccccccc" || cap(lent) != 10 {
		t.Errorf("%q of %d", lent, cap(lent))
	}
	copy(lent, "lent")
	ok(t, pool.Read(slots[2], 0, got[:4]))
	if string(got[:4]) != "lent" {
		t.Errorf("%q", got)
	}
}

func TestPoolManyAreAllOrNone(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 8, Capacity: 10})
	slots := make([]uint32, 11)
	wants(t, pool.AcquireMany(slots), ErrFull)
	ok(t, pool.AcquireMany(slots[:10]))
	ok(t, pool.AcquireMany(nil))
	wants(t, pool.ReleaseMany([]uint32{1, 2, 1}), ErrStale)
	wants(t, pool.ReleaseMany([]uint32{1, 2, 10}), ErrForeign)
	ok(t, pool.ReleaseMany(slots[3:10]))
	ok(t, pool.ReleaseMany(nil))
	if used := slices.Collect(pool.Used()); !slices.Equal(used, []uint32{0, 1, 2}) {
		t.Error(used)
	}
	_, err := pool.NextUsed(3)
	wants(t, err, ErrNotFound)
}

func TestPoolGrows(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 100, Capacity: 10, CapacityMax: 1000, Chunk: 100})
	acquires(t, pool)
	first, err := pool.Bytes(0)
	ok(t, err)
	copy(first, "never moves")
	wants(t, pool.Release(20), ErrForeign)
	for range 999 {
		slot := acquires(t, pool)
		_, err := pool.Bytes(slot)
		ok(t, err)
	}
	_, err = pool.Acquire()
	wants(t, err, ErrFull)
	again, err := pool.Bytes(0)
	ok(t, err)
	if &again[0] != &first[0] || string(again[:11]) != "never moves" {
		t.Error("an object moved")
	}
	ok(t, pool.Validate())
}

func TestPoolOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		options PoolOptions
		want    Status
		field   string
	}{
		{PoolOptions{Capacity: 1}, ErrInvalidArgument, "object_bytes"},
		{PoolOptions{ObjectBytes: 1}, ErrInvalidArgument, "capacity"},
		{PoolOptions{ObjectBytes: 1, Capacity: 1, Align: 3}, ErrInvalidArgument, "align_bytes"},
		{PoolOptions{ObjectBytes: 1, Capacity: 1, Flags: 1 << 20}, ErrInvalidArgument, "flags"},
		{PoolOptions{ObjectBytes: 1<<30 + 1, Capacity: 1}, ErrTooLarge, "object_bytes"},
		{PoolOptions{ObjectBytes: 1, Capacity: 1<<30 + 1}, ErrTooLarge, "capacity"},
		{PoolOptions{ObjectBytes: 1 << 30, Capacity: 1 << 30}, ErrTooLarge, ""},
	} {
		_, err := NewPool(c.options)
		wants(t, err, c.want)
		if !strings.Contains(err.Error(), c.field) {
			t.Errorf("%v does not name %s", err, c.field)
		}
		_, err = PoolBytes(c.options)
		if c.field != "flags" {
			wants(t, err, c.want)
		}
	}
}

func TestGuardedPoolFindsDamage(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 32, Capacity: 4, Flags: MemoryGuarded})
	bad, good := acquires(t, pool), acquires(t, pool)
	memory, err := pool.Bytes(bad)
	ok(t, err)
	pastTheEnd(memory, 32)
	wants(t, pool.Validate(), ErrCorrupt)
	wants(t, pool.Release(bad), ErrCorrupt)
	_, err = pool.Bytes(bad)
	wants(t, err, ErrStale)
	wants(t, pool.Release(bad), ErrStale)
	ok(t, pool.Release(good))
	stats, err := pool.Stats()
	ok(t, err)
	if stats.Withdrawn != 1 {
		t.Errorf("%+v", stats)
	}
	free := acquires(t, pool)
	memory, err = pool.Bytes(free)
	ok(t, err)
	ok(t, pool.Release(free))
	memory[3]++ // use after release
	_, err = pool.Acquire()
	wants(t, err, ErrCorrupt)
}

func TestWipedPoolHoldsZeros(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 32, Capacity: 1, Flags: MemoryWipe})
	ok(t, pool.Fill(acquires(t, pool), 9))
	ok(t, pool.Release(0))
	acquires(t, pool)
	got := make([]byte, 32)
	ok(t, pool.Read(0, 0, got))
	if !bytes.Equal(got, make([]byte, 32)) {
		t.Errorf("%x", got)
	}
}

func TestPoolTracksLeaks(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 32, Capacity: 9, Flags: MemoryTrack})
	acquires(t, pool)
	kept, err := pool.Acquire()
	ok(t, err)
	ok(t, pool.AcquireMany(make([]uint32, 3)))
	ok(t, pool.Release(0))
	ok(t, pool.ReleaseMany([]uint32{2, 3}))
	stats, err := pool.Stats()
	ok(t, err)
	if stats.Granted&MemoryTrack == 0 {
		t.Errorf("%+v", stats)
	}
	ok(t, pool.ReleaseAt(4*stats.Stride))
	leaks, err := pool.Leaks()
	ok(t, err)
	if len(leaks) != 1 || leaks[0].Slot != kept || leaks[0].Bytes != 32 || !strings.Contains(leaks[0].String(), "pool_test.go:") {
		t.Error(leaks)
	}
	ok(t, pool.Reset())
	if leaks, err = pool.Leaks(); err != nil || len(leaks) != 0 {
		t.Error(leaks, err)
	}
	untracked := newTestPool(t, PoolOptions{ObjectBytes: 32, Capacity: 9})
	acquires(t, untracked)
	leaks, err = untracked.Leaks()
	ok(t, err)
	if len(leaks) != 1 || (leaks[0].Site != "") != checkedBuild || leaks[0].String() == "" {
		t.Error(leaks)
	}
}

// TestPoolAgainstModel takes and releases at random, and looks that no object was changed by another.
func TestPoolAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	pool := newTestPool(t, PoolOptions{ObjectBytes: 20, Capacity: 100, CapacityMax: 300})
	live := map[uint32]byte{}
	var order []uint32
	for range scale(30_000) {
		if random.IntN(20) == 0 {
			slot := uint32(random.IntN(400))
			err := pool.Release(slot)
			if _, is := live[slot]; !is {
				if !errors.Is(err, ErrStale) && !errors.Is(err, ErrForeign) {
					t.Fatal(err)
				}
				continue
			}
			ok(t, err)
			delete(live, slot)
			order = slices.DeleteFunc(order, func(s uint32) bool { return s == slot })
		} else if random.IntN(2) == 0 || len(order) == 0 {
			slot, err := pool.Acquire()
			if errors.Is(err, ErrFull) && len(live) == 300 {
				continue
			}
			ok(t, err)
			if _, is := live[slot]; is {
				t.Fatalf("slot %d was given out twice", slot)
			}
			live[slot] = byte(random.IntN(256))
			order = append(order, slot)
			ok(t, pool.Fill(slot, live[slot]))
		} else {
			at := random.IntN(len(order))
			slot := order[at]
			memory, err := pool.Bytes(slot)
			ok(t, err)
			if bytes.Count(memory, []byte{live[slot]}) != 20 {
				t.Fatal("an object was changed by another")
			}
			ok(t, pool.Release(slot))
			delete(live, slot)
			order = slices.Delete(order, at, at+1)
		}
	}
	ok(t, pool.Validate())
	slices.Sort(order)
	if used := slices.Collect(pool.Used()); !slices.Equal(used, order) {
		t.Error("the used slots are not those of the model")
	}
}
