//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

func newBuffers(t testing.TB, options BufferPoolOptions) *BufferPool[uint32] {
	t.Helper()
	pool, err := NewBufferPool[uint32](options)
	ok(t, err)
	t.Cleanup(func() { pool.Close() })
	return pool
}

func buffer(t testing.TB, pool *BufferPool[uint32]) Buffer[uint32] {
	t.Helper()
	b, err := pool.Acquire()
	ok(t, err)
	return b
}

func TestBuffersHoldElements(t *testing.T) {
	pool := newBuffers(t, BufferPoolOptions{Elements: 4, Blocks: 2, Align: 64})
	one, two := buffer(t, pool), buffer(t, pool)
	_, err := pool.Acquire()
	wants(t, err, ErrFull)
	ok(t, one.Set(3, 1<<31))
	ok(t, two.Write(1, []uint32{5, 6}))
	if value, err := one.Get(3); err != nil || value != 1<<31 {
		t.Error(value, err)
	}
	got := make([]uint32, 4)
	ok(t, two.Read(0, got))
	if !slices.Equal(got, []uint32{0, 5, 6, 0}) {
		t.Error(got)
	}
	for _, at := range []int{-1, 4, 1 << 62} {
		wants(t, one.Set(at, 1), ErrInvalidArgument)
		_, err := one.Get(at)
		wants(t, err, ErrInvalidArgument)
		wants(t, one.Read(at, got[:1]), ErrInvalidArgument)
		wants(t, one.Write(at, got[:1]), ErrInvalidArgument)
	}
	wants(t, one.Read(1, got), ErrInvalidArgument)
	ok(t, one.Read(4, nil))
	elements, err := one.Elements()
	ok(t, err)
	if len(elements) != 4 || one.Len() != 4 || elements[3] != 1<<31 {
		t.Error(elements)
	}
	stats, err := pool.Stats()
	ok(t, err)
	if stats.Blocks != 2 || stats.InUse != 2 || stats.Elements != 4 || stats.ElementBytes != 4 || stats.Stride%64 != 0 ||
		stats.Failures != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestReleasedBuffersAreStaleForEver(t *testing.T) {
	pool := newBuffers(t, BufferPoolOptions{Elements: 4, Blocks: 1, Flags: MemoryWipe})
	old := buffer(t, pool)
	ok(t, old.Set(0, 7))
	ok(t, old.Release())
	present := buffer(t, pool)
	for _, b := range []Buffer[uint32]{old, {}, {pool, 0}, {pool, present.handle + 2<<32}, {pool, present.handle + 1}} {
		_, err := b.Get(0)
		wants(t, err, ErrStale)
		_, err = b.Elements()
		wants(t, err, ErrStale)
		wants(t, b.Set(99, 1), ErrStale)
		wants(t, b.Release(), ErrStale)
	}
	if value, err := present.Get(0); err != nil || value != 0 {
		t.Error(value, err)
	}
	ok(t, pool.Close())
	ok(t, pool.Close())
	wants(t, old.Release(), ErrClosed)
	_, err := present.Get(0)
	wants(t, err, ErrClosed)
	_, err = present.Get(99)
	wants(t, err, ErrClosed)
}

func TestBufferPoolOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		options BufferPoolOptions
		want    Status
		field   string
	}{
		{BufferPoolOptions{Blocks: 1}, ErrInvalidArgument, "elements"},
		{BufferPoolOptions{Elements: 1}, ErrInvalidArgument, "blocks"},
		{BufferPoolOptions{Elements: 1, Blocks: 1, Align: 2}, ErrInvalidArgument, "Align"},
		{BufferPoolOptions{Elements: 1, Blocks: 1, Align: 96}, ErrInvalidArgument, "align"},
		{BufferPoolOptions{Elements: 1 << 29, Blocks: 1}, ErrTooLarge, "elements"},
		{BufferPoolOptions{Elements: 1 << 62, Blocks: 1}, ErrTooLarge, "elements"},
		{BufferPoolOptions{Elements: 1, Blocks: 1<<30 + 1}, ErrTooLarge, "blocks"},
	} {
		_, err := NewBufferPool[uint32](c.options)
		wants(t, err, c.want)
		if !strings.Contains(err.Error(), c.field) {
			t.Errorf("%v does not name %s", err, c.field)
		}
	}
}

type sample float64

func TestBuffersOfEveryType(t *testing.T) {
	bufferOf(t, uint8(200))
	bufferOf(t, int64(-1))
	bufferOf(t, sample(0.5))
	bufferOf(t, complex(1, 2))
}

func bufferOf[T Element](t *testing.T, value T) {
	pool, err := NewBufferPool[T](BufferPoolOptions{Elements: 3, Blocks: 3})
	ok(t, err)
	defer pool.Close()
	for range 3 {
		b, err := pool.Acquire()
		ok(t, err)
		ok(t, b.Write(0, []T{value, value, value}))
		if got, err := b.Get(2); err != nil || got != value {
			t.Error(got, err)
		}
	}
}

// TestBuffersAmongGoroutines has goroutines with buffers of their own, while another closes the pool.
func TestBuffersAmongGoroutines(t *testing.T) {
	for range scale(20) {
		pool := newBuffers(t, BufferPoolOptions{Elements: 10, Blocks: 3})
		var users sync.WaitGroup
		started := make(chan struct{}, 4)
		for worker := range uint32(4) {
			users.Add(1)
			go func() {
				defer users.Done()
				for i := 0; ; i++ {
					if i == 10 {
						started <- struct{}{}
					}
					b, err := pool.Acquire()
					if errors.Is(err, ErrFull) {
						continue
					}
					if err == nil {
						err = errors.Join(b.Set(3, worker), b.Release())
					}
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		<-started
		ok(t, pool.Close())
		users.Wait()
	}
}

// TestClosingGuardedBuffersTellsOfDamage writes to a block that was given back, which its slice still allows.
func TestClosingGuardedBuffersTellsOfDamage(t *testing.T) {
	pool := newBuffers(t, BufferPoolOptions{Elements: 4, Blocks: 2, Flags: MemoryGuarded})
	taken := buffer(t, pool)
	elements, err := taken.Elements()
	ok(t, err)
	ok(t, taken.Release())
	elements[1] = 7
	wants(t, pool.Close(), ErrCorrupt)
	ok(t, pool.Close())
}
