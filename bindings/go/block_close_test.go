//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"runtime"
	"sync"
	"testing"
)

// TestClosedBlocksSaySo calls everything on closed blocks, and on zero values, which count as closed.
func TestClosedBlocksSaySo(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 4096})
	scratch, err := NewScratch(ScratchOptions{})
	ok(t, err)
	slab := newSlab(t, SlabOptions{Bytes: 4096})
	pool := newTestPool(t, PoolOptions{ObjectBytes: 8, Capacity: 8})
	shared := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 8, Capacity: 8})
	indices := newTestIndexMap(t, 8)
	buffers := newBuffers(t, BufferPoolOptions{Elements: 1, Blocks: 1})
	objects, _ := counted(t, 8)
	for range 2 {
		for _, closer := range []interface{ Close() error }{arena, scratch, slab, pool, shared, indices, buffers, objects} {
			ok(t, closer.Close())
		}
	}
	closedArena(t, arena)
	closedArena(t, new(Arena))
	closedScratch(t, scratch)
	closedScratch(t, new(Scratch))
	closedSlab(t, slab)
	closedSlab(t, new(Slab))
	closedPool(t, pool)
	closedPool(t, new(Pool))
	closedSharedPool(t, shared)
	closedSharedPool(t, new(SharedPool))
	closedIndexMap(t, indices)
	closedIndexMap(t, new(IndexMap))
	for _, b := range []*BufferPool[uint32]{buffers, {}} {
		_, acquired := b.Acquire()
		_, stats := b.Stats()
		allSay(t, acquired, stats)
		ok(t, b.Close())
	}
	for _, o := range []*ObjectPool[string]{objects, {}} {
		_, acquired := o.Acquire("")
		_, stats := o.Stats()
		allSay(t, acquired, stats, o.AcquireMany(nil, nil), o.ReleaseMany(nil), o.Reset())
		for range o.All() {
			t.Error("a closed pool lists objects")
		}
		ok(t, o.Close())
	}
}

func allSay(t *testing.T, errs ...error) {
	t.Helper()
	for i, err := range errs {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func closedArena(t *testing.T, a *Arena) {
	_, alloc := a.Alloc(1, 1)
	_, invalid := a.Alloc(1, 3)
	_, zeroed := a.AllocZeroed(1, 1)
	_, realloc := a.Realloc(nil, 1, 1)
	_, mark := a.Mark()
	_, stats := a.Stats()
	_, slice := AllocSlice[int32](a, 1)
	allSay(t, alloc, invalid, zeroed, realloc, mark, stats, slice, a.Rewind(0), a.Reset(), a.ResetAndRelease(0), a.Ensure(1, 1))
	if _, inside := a.Offset([]byte{1}); inside {
		t.Error("a closed arena holds memory")
	}
	ok(t, a.Close())
}

func closedScratch(t *testing.T, s *Scratch) {
	_, begin := s.Begin()
	_, alloc := s.Alloc(1, 1)
	_, zeroed := s.AllocZeroed(1, 1)
	_, stats := s.Stats()
	allSay(t, begin, alloc, zeroed, stats, s.Ensure(1, 1), s.Reset())
	ok(t, s.Close())
}

func closedSlab(t *testing.T, s *Slab) {
	_, _, alloc := s.Alloc(1)
	_, _, large := s.Alloc(5000)
	_, stats := s.Stats()
	allSay(t, alloc, large, stats, s.Free(nil), s.Reset(), s.Validate())
	ok(t, s.Close())
}

func closedPool(t *testing.T, p *Pool) {
	_, acquired := p.Acquire()
	_, lent := p.Bytes(0)
	_, next := p.NextUsed(0)
	_, leaks := p.Leaks()
	_, stats := p.Stats()
	allSay(t, acquired, lent, next, leaks, stats, p.Release(0), p.Release(99), p.ReleaseAt(0), p.Read(0, 0, nil),
		p.Write(0, 0, nil), p.Fill(0, 0), p.AcquireMany(nil), p.ReleaseMany(nil), p.Reset(), p.Validate())
	for range p.Used() {
		t.Error("a closed pool lists slots")
	}
	ok(t, p.Close())
}

func closedSharedPool(t *testing.T, p *SharedPool) {
	_, acquired := p.Acquire()
	_, lent := p.Bytes(0)
	_, cache := p.Cache()
	_, reclaimed := p.Reclaim()
	_, stats := p.Stats()
	allSay(t, acquired, lent, cache, reclaimed, stats, p.Release(0), p.Release(99), p.ReleaseAt(0), p.Read(0, 0, nil),
		p.Write(0, 0, nil), p.Fill(0, 0), p.Reset(), p.Repair(), p.Validate())
	ok(t, p.Close())
	ok(t, new(SharedPoolCache).Close())
	wants(t, new(SharedPoolCache).Flush(), ErrClosed)
}

func closedIndexMap(t *testing.T, m *IndexMap) {
	_, acquired := m.Acquire()
	_, contains := m.Contains(0)
	_, used := m.NextUsed(0)
	_, free := m.NextFree(0)
	_, listed := m.List(0, nil)
	_, stats := m.Stats()
	allSay(t, acquired, contains, used, free, listed, stats, m.AcquireAt(0), m.AcquireMany(nil), m.Release(99), m.Reset(),
		m.Repair(), m.Validate())
	for _, err := range m.All() {
		wants(t, err, ErrClosed)
	}
	ok(t, m.Close())
}

// TestCloseBlocksDuringCalls closes blocks while other goroutines use them, again and again.
func TestCloseBlocksDuringCalls(t *testing.T) {
	for range scale(30) {
		arena := newArena(t, ArenaOptions{Capacity: 1 << 16})
		scratch, err := NewScratch(ScratchOptions{Overflow: OverflowFallback})
		ok(t, err)
		slab := newSlab(t, SlabOptions{Bytes: 1 << 16})
		pool := newTestPool(t, PoolOptions{ObjectBytes: 64, Capacity: 100})
		indices := newTestIndexMap(t, 100)
		var users sync.WaitGroup
		use := func(call func() error) {
			for range 2 {
				users.Add(1)
				go func() {
					defer users.Done()
					for {
						if err := call(); errors.Is(err, ErrClosed) {
							return
						} else if err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, ErrStale) {
							t.Error(err)
							return
						}
					}
				}()
			}
		}
		use(func() error {
			if _, err := arena.Alloc(100, 8); errors.Is(err, ErrFull) {
				return arena.Reset()
			} else {
				return err
			}
		})
		use(func() error {
			scope, err := scratch.Begin()
			if err == nil {
				_, err = scratch.Alloc(1000, 8)
				if end := scope.End(); err == nil {
					err = end
				}
			}
			return err
		})
		use(func() error {
			memory, _, err := slab.Alloc(5000)
			if err == nil {
				err = slab.Free(memory)
			}
			return err
		})
		use(func() error {
			slot, err := pool.Acquire()
			if err == nil {
				err = pool.Release(slot)
			}
			return err
		})
		use(func() error { return pool.Read(3, 0, make([]byte, 64)) })
		use(func() error { return pool.Validate() })
		use(func() error { _, err := indices.Acquire(); return err })
		use(func() error { return indices.Reset() })
		runtime.Gosched()
		for _, closer := range []interface{ Close() error }{arena, scratch, slab, pool, indices} {
			ok(t, closer.Close())
		}
		users.Wait()
	}
}
