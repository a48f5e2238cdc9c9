//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func newArena(t testing.TB, options ArenaOptions) *Arena {
	t.Helper()
	arena, err := NewArena(options)
	ok(t, err)
	t.Cleanup(func() { arena.Close() })
	return arena
}

// takes allocates, and says where that was.
func takes(t testing.TB, arena *Arena, size, align uint64) (memory []byte, offset uint64) {
	t.Helper()
	memory, err := arena.Alloc(size, align)
	ok(t, err)
	offset, inside := arena.Offset(memory)
	if !inside || uint64(len(memory)) != size {
		t.Fatalf("%d bytes, inside is %v, where %d were asked for", len(memory), inside, size)
	}
	return memory, offset
}

func TestArenaAlignsAddressesAndCountsPadding(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 4096})
	for _, c := range []struct{ size, align, offset uint64 }{{1, 1, 0}, {8, 64, 64}, {0, 1, 72}, {0, 128, 128}, {3, 4096 / 2, 2048}} {
		if _, offset := takes(t, arena, c.size, c.align); offset != c.offset {
			t.Errorf("%d bytes aligned to %d lie at %d, not %d", c.size, c.align, offset, c.offset)
		}
	}
	stats, err := arena.Stats()
	ok(t, err)
	if stats.Used != 2051 || stats.Peak != 2051 || stats.Allocations != 5 || stats.Capacity != 4096 {
		t.Errorf("%+v", stats)
	}
}

func TestArenaRefusalsChangeNothing(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 100})
	takes(t, arena, 60, 1)
	for _, c := range []struct {
		size, align uint64
		want        Status
	}{
		{41, 1, ErrFull}, {math.MaxUint64, 1, ErrFull}, {math.MaxUint64 - 10, 64, ErrFull}, {1 << 63, 4096, ErrFull},
		{1, 0, ErrInvalidArgument}, {1, 3, ErrInvalidArgument}, {1, 8192, ErrInvalidArgument},
	} {
		memory, err := arena.Alloc(c.size, c.align)
		wants(t, err, c.want)
		if memory != nil {
			t.Error("memory beside an error")
		}
	}
	stats, err := arena.Stats()
	ok(t, err)
	if stats.Used != 60 || stats.Failures != 4 || stats.Allocations != 1 {
		t.Errorf("%+v", stats)
	}
	takes(t, arena, 40, 1)
}

func TestArenaMarksAndResets(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 1000})
	takes(t, arena, 10, 1)
	mark, err := arena.Mark()
	ok(t, err)
	takes(t, arena, 500, 1)
	ok(t, arena.Rewind(mark))
	wants(t, arena.Rewind(mark+1), ErrStale)
	if _, offset := takes(t, arena, 1, 1); offset != 10 {
		t.Errorf("after a rewind at %d", offset)
	}
	ok(t, arena.Reset())
	if _, offset := takes(t, arena, 1, 1); offset != 0 {
		t.Errorf("after a reset at %d", offset)
	}
	wants(t, arena.Ensure(1000, 1), ErrFull)
	ok(t, arena.Ensure(999, 1))
	stats, err := arena.Stats()
	ok(t, err)
	if stats.Peak != 510 || stats.Resets != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestArenaServesOverflowFromGo(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 64, Overflow: OverflowFallback})
	takes(t, arena, 60, 1)
	outside, err := arena.Alloc(100, 512)
	ok(t, err)
	if _, inside := arena.Offset(outside); inside || len(outside) != 100 || addressOf(outside)%512 != 0 {
		t.Error("the fallback is not what was asked for")
	}
	copy(outside, "outside")
	ok(t, arena.Reset())
	if string(outside[:7]) != "outside" {
		t.Error("a reset took memory of Go's away")
	}
	_, err = arena.Alloc(1<<46, 1)
	wants(t, err, ErrOutOfMemory)
	_, err = arena.Alloc(math.MaxUint64, 1)
	wants(t, err, ErrOutOfMemory)
	_, err = arena.Alloc(1, 3)
	wants(t, err, ErrInvalidArgument)
	stats, err := arena.Stats()
	ok(t, err)
	if stats.Fallbacks != 1 || stats.Allocations != 2 || stats.Failures != 2 {
		t.Errorf("%+v", stats)
	}
}

func TestArenaReallocates(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 64, Overflow: OverflowFallback})
	memory, _ := takes(t, arena, 4, 1)
	copy(memory, "dry ")
	grown, err := arena.Realloc(memory, 9, 1)
	ok(t, err)
	copy(grown[4:], "stone")
	takes(t, arena, 1, 1)
	moved, err := arena.Realloc(grown, 20, 16)
	ok(t, err)
	if offset, _ := arena.Offset(moved); offset != 16 || string(moved[:9]) != "dry stone" {
		t.Errorf("%q at %d", moved[:9], offset)
	}
	outside, err := arena.Realloc(moved, 1000, 1)
	ok(t, err)
	if _, inside := arena.Offset(outside); inside || string(outside[:9]) != "dry stone" {
		t.Errorf("%q", outside[:9])
	}
	again, err := arena.Realloc(outside[:9], 10, 1)
	ok(t, err)
	if string(again[:9]) != "dry stone" {
		t.Errorf("%q", again)
	}
	strict := newArena(t, ArenaOptions{Capacity: 64})
	_, err = strict.Realloc(again, 10, 1)
	wants(t, err, ErrForeign)
	fresh, err := strict.Realloc(nil, 10, 1)
	ok(t, err)
	if len(fresh) != 10 {
		t.Error(len(fresh))
	}
}

func TestArenaReservesAddressSpace(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 1 << 40, Reserve: true, CommitStep: 1 << 16})
	before, err := arena.Stats()
	ok(t, err)
	first, _ := takes(t, arena, 10, 1)
	copy(first, "first")
	last, offset := takes(t, arena, 1<<20, 4096)
	last[len(last)-1] = 1
	after, err := arena.Stats()
	ok(t, err)
	if before.Committed > 1<<20 || after.Committed < 1<<20 || offset != 4096 || string(first[:5]) != "first" {
		t.Errorf("before %+v after %+v", before, after)
	}
	ok(t, arena.ResetAndRelease(0))
	if memory, _ := takes(t, arena, 5, 1); !bytes.Equal(memory, make([]byte, 5)) {
		t.Errorf("released memory holds %q", memory)
	}
}

func TestArenaOptionsAreChecked(t *testing.T) {
	for field, c := range map[string]struct {
		options ArenaOptions
		want    Status
	}{
		"capacity":    {ArenaOptions{}, ErrInvalidArgument},
		"overflow":    {ArenaOptions{Capacity: 1, Overflow: 9}, ErrInvalidArgument},
		"flags":       {ArenaOptions{Capacity: 1, Flags: 1 << 30}, ErrInvalidArgument},
		"commit_step": {ArenaOptions{Capacity: 1 << 20, CommitStep: 4096}, ErrInvalidArgument},
		"46":          {ArenaOptions{Capacity: 1<<46 + 1}, ErrTooLarge},
	} {
		_, err := NewArena(c.options)
		wants(t, err, c.want)
		if field != "46" && !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}

func TestArenaPrefaults(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 1 << 20, Flags: MemoryPrefault | MemoryHugePages})
	stats, err := arena.Stats()
	ok(t, err)
	if stats.Granted|stats.Refused != MemoryPrefault|MemoryHugePages && !checkedBuild {
		t.Errorf("granted %b, refused %b", stats.Granted, stats.Refused)
	}
}

// TestArenaAgainstModel keeps everything that was taken, and looks that nothing overlaps or changes.
func TestArenaAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	arena := newArena(t, ArenaOptions{Capacity: 1 << 20})
	type piece struct {
		memory []byte
		fill   byte
		mark   uint64
	}
	var pieces []piece
	for range scale(20_000) {
		switch {
		case random.IntN(100) == 0:
			keep := random.IntN(len(pieces) + 1)
			if keep < len(pieces) {
				ok(t, arena.Rewind(pieces[keep].mark))
				pieces = pieces[:keep]
			}
		default:
			mark, err := arena.Mark()
			ok(t, err)
			memory, err := arena.Alloc(uint64(random.IntN(300)), 1<<random.IntN(8))
			if errors.Is(err, ErrFull) {
				ok(t, arena.Reset())
				pieces = pieces[:0]
				continue
			}
			ok(t, err)
			p := piece{memory, byte(random.IntN(256)), mark}
			for i := range memory {
				memory[i] = p.fill
			}
			pieces = append(pieces, p)
		}
		if len(pieces) > 0 {
			p := pieces[random.IntN(len(pieces))]
			if bytes.Count(p.memory, []byte{p.fill}) != len(p.memory) {
				t.Fatal("a piece was changed by another")
			}
		}
	}
}

func TestAllocSlice(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 100})
	takes(t, arena, 1, 1)
	numbers, err := AllocSlice[float64](arena, 3)
	ok(t, err)
	numbers[2] = 2.5
	if len(numbers) != 3 || numbers[0] != 0 {
		t.Error(numbers)
	}
	_, err = AllocSlice[int32](arena, -1)
	wants(t, err, ErrInvalidArgument)
	_, err = AllocSlice[int32](arena, math.MaxInt)
	wants(t, err, ErrInvalidArgument)
	_, err = AllocSlice[int32](arena, 100)
	wants(t, err, ErrFull)
	empty, err := AllocSlice[uint8](arena, 0)
	ok(t, err)
	if len(empty) != 0 {
		t.Error(empty)
	}
}

func TestScratchScopes(t *testing.T) {
	scratch, err := NewScratch(ScratchOptions{Capacity: 1000})
	ok(t, err)
	defer scratch.Close()
	outer, err := scratch.Begin()
	ok(t, err)
	first, err := scratch.Alloc(100, 1)
	ok(t, err)
	copy(first, "first")
	inner, err := scratch.Begin()
	ok(t, err)
	innermost, err := scratch.Begin()
	ok(t, err)
	_, err = scratch.AllocZeroed(800, 1)
	ok(t, err)
	_, err = scratch.Alloc(101, 1)
	wants(t, err, ErrFull)
	ok(t, inner.End())
	wants(t, innermost.End(), ErrStale)
	wants(t, inner.End(), ErrStale)
	_, err = scratch.Alloc(900, 1)
	ok(t, err)
	wants(t, scratch.Ensure(1, 1), ErrFull)
	stats, err := scratch.Stats()
	ok(t, err)
	if stats.Depth != 1 || stats.Scopes != 3 || stats.Used != 1000 || stats.Failures != 2 || string(first[:5]) != "first" {
		t.Errorf("%+v", stats)
	}
	ok(t, outer.End())
	again, err := scratch.Begin()
	ok(t, err)
	ok(t, scratch.Ensure(1000, 1))
	ok(t, scratch.Reset())
	wants(t, again.End(), ErrStale)
	ok(t, scratch.Close())
	wants(t, outer.End(), ErrClosed)
	wants(t, ScratchScope{}.End(), ErrClosed)
}

func TestScratchOverflow(t *testing.T) {
	scratch, err := NewScratch(ScratchOptions{Capacity: 10, Overflow: OverflowFallback})
	ok(t, err)
	defer scratch.Close()
	scope, err := scratch.Begin()
	ok(t, err)
	memory, err := scratch.Alloc(11, 1)
	ok(t, err)
	copy(memory, "outside")
	ok(t, scope.End())
	stats, err := scratch.Stats()
	ok(t, err)
	if stats.Fallbacks != 1 || stats.Failures != 0 || stats.Allocations != 1 || string(memory[:7]) != "outside" {
		t.Errorf("%+v", stats)
	}
	fresh, err := NewScratch(ScratchOptions{})
	ok(t, err)
	defer fresh.Close()
	if stats, err := fresh.Stats(); err != nil || stats.Capacity != 1<<20 {
		t.Error(stats, err)
	}
}
