//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// mapFile maps the whole file for writing, as any other process might.
func mapFile(t *testing.T, path string) []byte {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	ok(t, err)
	defer file.Close()
	info, err := file.Stat()
	ok(t, err)
	bytes, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	ok(t, err)
	t.Cleanup(func() { syscall.Munmap(bytes) })
	return bytes
}

// TestHostilePeer flips bytes of a mapped store while readers read it in every way. What they get may be wrong; but they
// get it, or an error, and nothing faults. Bytes are flipped in words that steer a reader, mostly: with all of the
// region as the target hardly a read would meet one.
func TestHostilePeer(t *testing.T) {
	const keys = 200
	_, kv, path := fileStore(t, keys, keys*200)
	for i := range keys {
		put(t, kv, string(keyOf(i)), string(make([]byte, i)))
	}
	region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
	ok(t, err)
	defer region.Close()
	reader, err := region.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	bytes := mapFile(t, path)
	parts, err := region.Parts()
	ok(t, err)
	part, core := bytes[parts[0].Offset:], reader.core.Load()
	targets := [][]byte{
		part[:core.control], part[core.control:core.slots], part[core.slots:core.heap], part[core.heap:core.heapEnd],
	}
	original := append([]byte(nil), bytes...)

	var done atomic.Bool
	var flipper, readers sync.WaitGroup
	flipper.Add(1)
	go func() {
		defer flipper.Done()
		random := rand.New(rand.NewPCG(rand.Uint64(), 0))
		for round := 0; !done.Load(); round++ {
			target := targets[random.IntN(len(targets))]
			for range 200 {
				target[random.IntN(len(target))] ^= byte(1 << random.IntN(8))
			}
			if round%20 == 0 {
				copy(bytes, original) // so that reads get far again
			}
		}
	}()
	var outcomes [statusCount]atomic.Int64
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			readHostile(reader, keys, scale(30_000), &outcomes)
		}()
	}
	readers.Wait()
	done.Store(true)
	flipper.Wait()
	copy(bytes, original)
	for i := range keys {
		holds(t, reader, string(keyOf(i)), string(make([]byte, i)))
	}
	if outcomes[statusOK].Load() == 0 || outcomes[statusNotFound].Load() == 0 || outcomes[statusCorrupt].Load() == 0 {
		t.Errorf("a flipped store should give values, misses and corruption, not %d, %d, %d",
			outcomes[statusOK].Load(), outcomes[statusNotFound].Load(), outcomes[statusCorrupt].Load())
	}
	t.Logf("%d values, %d misses, %d corrupt, %d timed out", outcomes[statusOK].Load(), outcomes[statusNotFound].Load(),
		outcomes[statusCorrupt].Load(), outcomes[statusTimedOut].Load())
}

func readHostile(r *KvReader, keys, rounds int, outcomes *[statusCount]atomic.Int64) {
	random := rand.New(rand.NewPCG(rand.Uint64(), 1))
	buffer := make([]byte, 64<<10)
	count := func(err error) {
		var s Status
		if err != nil && !errors.As(err, &s) {
			panic(err)
		}
		outcomes[s].Add(1)
	}
	for range rounds {
		key := keyOf(random.IntN(keys * 5 / 4))
		switch random.IntN(8) {
		case 0:
			_, _, err := r.Get(key)
			count(err)
		case 1:
			_, err := r.Contains(key)
			count(err)
		case 2:
			view, err := r.View(key)
			if err == nil {
				view.CopyTo(buffer, 0)
				err = view.Check()
			}
			count(err)
		case 3:
			_, err := r.GetMany([][]byte{key, keyOf(1), keyOf(2)})
			count(err)
		case 4:
			if random.IntN(100) == 0 {
				for _, err := range r.All() {
					count(err)
				}
			}
		default:
			_, _, _, err := r.TryGet(key, buffer, 100)
			count(err)
		}
	}
}
