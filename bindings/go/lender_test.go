//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Slices that were lent stay memory that nobody else has, whatever became of what lent them.

const lentBytes = 100_000

// lending is one way to get a slice: from a block, and what to close it with.
type lending struct {
	name string
	lend func(t *testing.T) ([]byte, []io.Closer)
}

// inMemory are the ways that the flags of private memory leave.
func inMemory(name string, flags MemoryFlags) []lending {
	const size = lentBytes
	return []lending{
		{name + "/arena", func(t *testing.T) ([]byte, []io.Closer) {
			arena, err := NewArena(ArenaOptions{Capacity: 2 * size, Flags: flags})
			ok(t, err)
			memory, err := arena.Alloc(size, 64)
			ok(t, err)
			return memory, []io.Closer{arena}
		}},
		{name + "/scratch", func(t *testing.T) ([]byte, []io.Closer) {
			scratch, err := NewScratch(ScratchOptions{Flags: flags})
			ok(t, err)
			memory, err := scratch.Alloc(size, 64)
			ok(t, err)
			return memory, []io.Closer{scratch}
		}},
		{name + "/slab", func(t *testing.T) ([]byte, []io.Closer) {
			slab, err := NewSlab(SlabOptions{Bytes: size, Flags: flags})
			ok(t, err)
			memory, _, err := slab.Alloc(4000)
			ok(t, err)
			return memory, []io.Closer{slab}
		}},
		{name + "/pool", func(t *testing.T) ([]byte, []io.Closer) {
			pool, err := NewPool(PoolOptions{ObjectBytes: size, Capacity: 3, Flags: flags})
			ok(t, err)
			memory, err := pool.Bytes(acquires(t, pool))
			ok(t, err)
			return memory, []io.Closer{pool}
		}},
		{name + "/shared pool", func(t *testing.T) ([]byte, []io.Closer) {
			pool, err := NewSharedPool(SharedPoolOptions{ObjectBytes: size, Capacity: 3, Flags: flags})
			ok(t, err)
			cache, err := pool.Cache()
			ok(t, err)
			memory, err := cache.Bytes(acquires(t, cache))
			ok(t, err)
			return memory, []io.Closer{cache, pool}
		}},
		{name + "/buffers", func(t *testing.T) ([]byte, []io.Closer) {
			pool, err := NewBufferPool[byte](BufferPoolOptions{Elements: size, Blocks: 3, Flags: flags})
			ok(t, err)
			taken, err := pool.Acquire()
			ok(t, err)
			memory, err := taken.Elements()
			ok(t, err)
			return memory, []io.Closer{pool}
		}},
	}
}

// inRegion are the ways of a region's parts.
func inRegion(name string, where func(t *testing.T) CreateOptions) []lending {
	const size = lentBytes
	region := func(t *testing.T) *Region {
		options := where(t)
		options.Bytes = 1 << 20
		region, err := Create(options)
		ok(t, err)
		return region
	}
	return []lending{
		{name + "/pool", func(t *testing.T) ([]byte, []io.Closer) {
			region := region(t)
			pool, err := region.CreatePool("pool", PoolOptions{ObjectBytes: size, Capacity: 3})
			ok(t, err)
			memory, err := pool.Bytes(acquires(t, pool))
			ok(t, err)
			return memory, []io.Closer{region, pool}
		}},
		{name + "/shared pool", func(t *testing.T) ([]byte, []io.Closer) {
			region := region(t)
			kv, err := region.CreateKv("kv", KvOptions{Entries: 10, Bytes: 1000})
			ok(t, err)
			pool, err := region.CreateSharedPool("pool", SharedPoolOptions{ObjectBytes: size, Capacity: 3})
			ok(t, err)
			memory, err := pool.Bytes(acquires(t, pool))
			ok(t, err)
			// The store's handles hold the mapping too, and the last to go ends it.
			return memory, []io.Closer{pool, region, kv}
		}},
	}
}

func lendings() []lending {
	all := inMemory("plain", 0)
	all = append(all, inMemory("prefault", MemoryPrefault)...)
	all = append(all, inMemory("huge pages", MemoryHugePages)...)
	all = append(all, inMemory("numa", MemoryNumaLocal)...)
	all = append(all, inMemory("wiped", MemoryWipe|MemoryGuarded)...)
	all = append(all, inRegion("memory", func(*testing.T) CreateOptions { return CreateOptions{Kind: Memory} })...)
	all = append(all, inRegion("file", func(t *testing.T) CreateOptions {
		return CreateOptions{Kind: File, Name: filepath.Join(t.TempDir(), "region")}
	})...)
	return append(all,
		lending{"reserved arena", func(t *testing.T) ([]byte, []io.Closer) {
			arena, err := NewArena(ArenaOptions{Capacity: 1 << 34, Reserve: true})
			ok(t, err)
			memory, err := arena.Alloc(lentBytes, 64)
			ok(t, err)
			return memory, []io.Closer{arena}
		}},
		lending{"growing pool", func(t *testing.T) ([]byte, []io.Closer) {
			pool, err := NewPool(PoolOptions{ObjectBytes: lentBytes, Capacity: 1, CapacityMax: 1000})
			ok(t, err)
			acquires(t, pool)
			memory, err := pool.Bytes(acquires(t, pool))
			ok(t, err)
			return memory, []io.Closer{pool}
		}})
}

func collect(rounds int) {
	for range rounds {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

// writes fills a lent slice with what tells it from others, and says what that is.
func writes(memory []byte, mark byte) []byte {
	for i := range memory {
		memory[i] = mark + byte(i%200)
	}
	return bytes.Clone(memory)
}

// TestLentSlicesOutliveWhatLentThem closes blocks, or forgets them, and goes on with the slices, while new blocks are made
// that would like to have the same addresses.
func TestLentSlicesOutliveWhatLentThem(t *testing.T) {
	for _, ending := range []struct {
		name   string
		closes bool
	}{{"closed", true}, {"forgotten", false}} {
		for _, way := range lendings() {
			t.Run(ending.name+"/"+way.name, func(t *testing.T) {
				stale := func() []byte {
					memory, closers := way.lend(t)
					writes(memory, 1)
					for _, closer := range closers {
						if ending.closes {
							ok(t, closer.Close())
						}
					}
					return memory
				}()
				collect(5)
				expected := writes(stale, 2)
				var held [][]byte
				for range 3 {
					memory, closers := way.lend(t)
					fresh := writes(memory, 3)
					// What is forgotten may end at any moment, and then zeros stand there.
					if !bytes.Equal(stale, expected) && !bytes.Equal(stale, make([]byte, len(stale))) {
						t.Fatal("a new block has the memory of a slice that is still held")
					}
					writes(stale, 2)
					if !bytes.Equal(memory, fresh) {
						t.Fatal("a slice of a block that is gone writes to a new one")
					}
					held = append(held, memory)
					runtime.KeepAlive(closers)
				}
				runtime.KeepAlive(held)
			})
		}
	}
}

// processBytes are how much the process has mapped, and how much of that is resident.
func processBytes(t *testing.T) (mapped, resident int64) {
	text, err := os.ReadFile("/proc/self/statm")
	ok(t, err)
	fields := strings.Fields(string(text))
	for i, to := range []*int64{&mapped, &resident} {
		pages, err := strconv.ParseInt(fields[i], 10, 64)
		ok(t, err)
		*to = pages * int64(os.Getpagesize())
	}
	return mapped, resident
}

// TestMakingLendingAndClosingGoesOnForEver makes and closes blocks that lend, whose memory is many times what may stay.
func TestMakingLendingAndClosingGoesOnForEver(t *testing.T) {
	const size, rounds = 8 << 20, 200
	const most = size * rounds / 2
	for _, test := range []struct {
		name          string
		options       ArenaOptions
		addressesStay bool
	}{
		{"plain", ArenaOptions{Capacity: size}, false},
		{"of address space", ArenaOptions{Capacity: size, Reserve: true}, true},
	} {
		for _, closes := range []bool{true, false} {
			collect(2)
			mapped, resident := processBytes(t)
			for range rounds {
				arena, err := NewArena(test.options)
				ok(t, err)
				memory, err := arena.Alloc(size, 1)
				ok(t, err)
				for at := 0; at < size; at += pageBytes {
					memory[at] = 1
				}
				if closes {
					ok(t, arena.Close())
				} else {
					collect(1) // which knows nothing of memory outside of Go's heap
				}
			}
			collect(2)
			mappedNow, residentNow := processBytes(t)
			if residentNow-resident > most {
				t.Errorf("%s, closed %v: %d MiB stay", test.name, closes, (residentNow-resident)>>20)
			}
			if mappedNow-mapped > most && !test.addressesStay {
				t.Errorf("%s, closed %v: %d MiB of addresses stay", test.name, closes, (mappedNow-mapped)>>20)
			}
		}
	}
}

// TestWhatNobodyWasLentIsUnmapped makes blocks whose address space stands out, and sees it go: at once with Close, else
// when the collector has seen that nothing refers to them.
func TestWhatNobodyWasLentIsUnmapped(t *testing.T) {
	const large = 1 << 36
	before, _ := processBytes(t)
	grown := func() bool {
		now, _ := processBytes(t)
		return now-before > large/2
	}
	makes := func(closes bool) {
		pool, err := NewPool(PoolOptions{ObjectBytes: 1 << 20, Capacity: 1, CapacityMax: large >> 20})
		ok(t, err)
		acquires(t, pool)
		if !grown() {
			t.Fatal("the address space is not seen, so this test would see nothing")
		}
		if closes {
			ok(t, pool.Close())
		}
	}
	makes(true)
	if grown() {
		t.Error("a closed pool is still mapped")
	}
	makes(false)
	for round := 0; grown(); round++ {
		if round == 1000 {
			t.Fatal("a forgotten pool is still mapped")
		}
		collect(1)
	}
}

// TestPlainMemoryIsRefusedWhereThereIsNone asks for more than there is: an error, and not the end of the process.
func TestPlainMemoryIsRefusedWhereThereIsNone(t *testing.T) {
	_, err := NewArena(ArenaOptions{Capacity: 1 << 46})
	wants(t, err, ErrOutOfMemory)
	_, err = NewPool(PoolOptions{ObjectBytes: 1 << 30, Capacity: 1 << 15})
	wants(t, err, ErrOutOfMemory)
}
