//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"math/rand/v2"
	"testing"
)

// taker is what pools that are known by numbers have in common.
type taker[N comparable] interface {
	take() (N, error)
	give(N) error
	validate() error
}

// twins lets two blocks that are alike do the same at random, one in Go, the other by way of the core alone: what they
// answer is the same, errors included.
func twins[N comparable](t *testing.T, inGo, inCore taker[N], another func(*rand.Rand) N) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var known []N
	for step := range scale(20_000) {
		// Long waves, so that both ends are met.
		if full := step / 1000 % 2; random.IntN(10) < 3+4*full {
			a, errA := inGo.take()
			b, errB := inCore.take()
			if a != b || errA != errB {
				t.Fatalf("step %d: %v, %v in Go, %v, %v in the core", step, a, errA, b, errB)
			}
			if errA == nil {
				known = append(known, a)
			}
			continue
		}
		number := another(random)
		if at := random.IntN(len(known) + 1); at < len(known) {
			number = known[at]
			if random.IntN(10) > 0 { // else it is given back again one day
				known[at] = known[len(known)-1]
				known = known[:len(known)-1]
			}
		}
		if a, b := inGo.give(number), inCore.give(number); a != b {
			t.Fatalf("step %d: giving %v is %v in Go, %v in the core", step, number, a, b)
		}
	}
	ok(t, inGo.validate())
	ok(t, inCore.validate())
}

type poolTwin struct{ *Pool }

func (p poolTwin) take() (uint32, error)  { return p.Acquire() }
func (p poolTwin) give(slot uint32) error { return p.Release(slot) }
func (p poolTwin) validate() error        { return p.Validate() }

type cacheTwin struct {
	*SharedPoolCache
	pool *SharedPool
}

func (c cacheTwin) take() (uint32, error)  { return c.Acquire() }
func (c cacheTwin) give(slot uint32) error { return c.Release(slot) }
func (c cacheTwin) validate() error        { return c.pool.Validate() }

type bufferTwin struct{ *BufferPool[uint64] }

func (p bufferTwin) take() (uint64, error) {
	taken, err := p.Acquire()
	return taken.handle, err
}
func (p bufferTwin) give(handle uint64) error { return Buffer[uint64]{p.BufferPool, handle}.Release() }
func (p bufferTwin) validate() error          { return nil }

func anySlot(random *rand.Rand) uint32 { return random.Uint32N(400) }

func TestHotCallsInGoAreThoseOfTheCore(t *testing.T) {
	t.Run("pool", func(t *testing.T) {
		var both [2]*Pool
		for i := range both {
			both[i] = newTestPool(t, PoolOptions{ObjectBytes: 24, Capacity: 300})
		}
		both[1].core.handle.plain = 0
		twins(t, poolTwin{both[0]}, poolTwin{both[1]}, anySlot)
	})
	t.Run("growing pool", func(t *testing.T) {
		grows := newTestPool(t, PoolOptions{ObjectBytes: 24, Capacity: 10, CapacityMax: 300})
		whole := newTestPool(t, PoolOptions{ObjectBytes: 24, Capacity: 300})
		whole.core.handle.plain = 0
		// What is beyond the one's limit is foreign to it, and free in the other.
		twins(t, poolTwin{grows}, poolTwin{whole}, func(random *rand.Rand) uint32 { return random.Uint32N(10) })
	})
	t.Run("cache", func(t *testing.T) {
		var both [2]cacheTwin
		for i := range both {
			pool := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 24, Capacity: 300})
			both[i] = cacheTwin{newCache(t, pool), pool}
		}
		both[1].core.handle.plain = 0
		twins(t, both[0], both[1], anySlot)
	})
	t.Run("buffers", func(t *testing.T) {
		var both [2]*BufferPool[uint64]
		for i := range both {
			pool, err := NewBufferPool[uint64](BufferPoolOptions{Elements: 3, Blocks: 300})
			ok(t, err)
			t.Cleanup(func() { pool.Close() })
			both[i] = pool
		}
		both[1].core.handle.objects.plain = 0
		twins(t, bufferTwin{both[0]}, bufferTwin{both[1]}, func(random *rand.Rand) uint64 {
			return uint64(random.Uint32N(9))<<32 | uint64(random.Uint32N(400))
		})
	})
}

// TestAllocIsAcquireAndBytes holds for both kinds of pools.
func TestAllocIsAcquireAndBytes(t *testing.T) {
	pool := newTestPool(t, PoolOptions{ObjectBytes: 24, Capacity: 1})
	cache := newCache(t, newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 24, Capacity: 1}))
	for _, p := range []interface {
		slotPool
		Alloc() ([]byte, uint32, error)
		AllocMany([]uint32, [][]byte) error
	}{pool, cache} {
		many, slots := make([][]byte, 1), make([]uint32, 1)
		ok(t, p.AllocMany(slots, many))
		wants(t, p.AllocMany(slots, make([][]byte, 1)), ErrFull)
		wants(t, p.AllocMany(slots, nil), ErrInvalidArgument)
		first, err := p.Bytes(slots[0])
		ok(t, err)
		if len(many[0]) != 24 || &many[0][0] != &first[0] {
			t.Errorf("%d bytes", len(many[0]))
		}
		ok(t, p.Release(slots[0]))
		memory, slot, err := p.Alloc()
		ok(t, err)
		same, err := p.Bytes(slot)
		ok(t, err)
		if len(memory) != 24 || cap(memory) != 24 || &memory[0] != &same[0] {
			t.Errorf("%d of %d bytes", len(memory), cap(memory))
		}
		none, _, err := p.Alloc()
		wants(t, err, ErrFull)
		if none != nil {
			t.Error("memory with an error")
		}
		ok(t, p.Release(slot))
	}
	ok(t, pool.Close())
	_, _, err := pool.Alloc()
	wants(t, err, ErrClosed)
	wants(t, pool.AllocMany(nil, nil), ErrClosed)
	ok(t, cache.Close())
	wants(t, cache.AllocMany(nil, nil), ErrClosed)
	_, _, err = cache.Alloc()
	wants(t, err, ErrClosed)
}

// TestScopesInGoAreThoseOfTheCore lets two scratches do the same at random. One of them is wiped, so that the core does all
// of it; else they are alike.
func TestScopesInGoAreThoseOfTheCore(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var both [2]*Scratch
	for i, flags := range []MemoryFlags{0, MemoryWipe} {
		scratch, err := NewScratch(ScratchOptions{Capacity: 1 << 14, Flags: flags})
		ok(t, err)
		defer scratch.Close()
		both[i] = scratch
	}
	var scopes [2][]ScratchScope
	for step := range scale(20_000) {
		var errs [2]error
		call, size, which := random.IntN(100), random.Uint64N(700), random.Int()
		for i, scratch := range both {
			switch {
			case call < 45:
				var scope ScratchScope
				scope, errs[i] = scratch.Begin()
				scopes[i] = append(scopes[i], scope)
			case call < 70 && len(scopes[i]) > 0:
				errs[i] = scopes[i][len(scopes[i])-1].End()
				scopes[i] = scopes[i][:len(scopes[i])-1]
			case call < 75 && len(scopes[i]) > 0: // with those inside, which then stand for stale ones
				errs[i] = scopes[i][which%len(scopes[i])].End()
			case call < 76:
				errs[i] = scratch.Reset()
			default:
				_, errs[i] = scratch.Alloc(size, 8)
			}
		}
		a, err := both[0].Stats()
		ok(t, err)
		b, err := both[1].Stats()
		ok(t, err)
		if errs[0] != errs[1] || a != b {
			t.Fatalf("step %d: %v, %+v in Go; %v, %+v in the core", step, errs[0], a, errs[1], b)
		}
	}
}

// TestCursorsInGoAreThoseOfTheCore is the same for arenas.
func TestCursorsInGoAreThoseOfTheCore(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	both := [2]*Arena{
		newArena(t, ArenaOptions{Capacity: 1 << 14}),
		newArena(t, ArenaOptions{Capacity: 1 << 14, Flags: MemoryWipe}),
	}
	for step := range scale(20_000) {
		var errs [2]error
		var marks [2]uint64
		call, size, align := random.IntN(100), random.Uint64N(700), uint64(1)<<random.IntN(14)
		for i, arena := range both {
			switch {
			case call < 10:
				errs[i] = arena.Rewind(size * 20)
			case call < 12:
				errs[i] = arena.Reset()
			default:
				_, errs[i] = arena.Alloc(size, align)
			}
			var err error
			marks[i], err = arena.Mark()
			ok(t, err)
		}
		a, err := both[0].Stats()
		ok(t, err)
		b, err := both[1].Stats()
		ok(t, err)
		a.Granted, b.Granted = 0, 0
		if errs[0] != errs[1] || marks[0] != marks[1] || a != b {
			t.Fatalf("step %d: %v, %+v in Go; %v, %+v in the core", step, errs[0], a, errs[1], b)
		}
	}
}
