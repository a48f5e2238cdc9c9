//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// TestHostilePeerOfParts flips bytes of a pool, a shared pool and an index map that are in use. What their calls answer may
// be wrong; but they answer, nothing faults, and no slice is lent that is not of the part.
func TestHostilePeerOfParts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	path := filepath.Join(t.TempDir(), "region")
	region, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 18})
	ok(t, err)
	defer region.Close()
	pool, err := region.CreatePool("pool", PoolOptions{ObjectBytes: 8, Capacity: 500})
	ok(t, err)
	shared, err := region.CreateSharedPool("shared", SharedPoolOptions{ObjectBytes: 8, Capacity: 500, Caches: 4})
	ok(t, err)
	indices, err := region.CreateIndexMap("indices", IndexMapOptions{Capacity: 5000})
	ok(t, err)
	parts, err := region.Parts()
	ok(t, err)
	bytes := mapFile(t, path)

	var done atomic.Bool
	var flips atomic.Int64 // on a busy machine the users could be done before the first
	var flipper, users sync.WaitGroup
	flipper.Add(1)
	go func() {
		defer flipper.Done()
		random := rand.New(rand.NewPCG(seed, 0))
		for ; !done.Load(); flips.Add(1) {
			part := parts[random.IntN(len(parts))]
			// Most of what steers a part stands at its start; what was there comes back, so that calls get far again.
			at := part.Offset + uint64(random.IntN(min(int(part.Bytes), 64<<random.IntN(8))))
			before := bytes[at]
			bytes[at] ^= byte(1 << random.IntN(8))
			if random.IntN(10) > 0 {
				bytes[at] = before
			}
		}
	}()
	var outcomes [statusCount]atomic.Int64
	for number, use := range []func(*rand.Rand) error{poolUser(pool), sharedPoolUser(shared), indexMapUser(indices)} {
		users.Add(1)
		go func() {
			defer users.Done()
			random := rand.New(rand.NewPCG(seed, uint64(number)+1))
			for calls := 0; calls < scale(20_000) || flips.Load() < 100_000; calls++ {
				var s Status
				if err := use(random); err != nil && !errors.As(err, &s) {
					panic(err)
				}
				outcomes[s].Add(1)
			}
		}()
	}
	users.Wait()
	done.Store(true)
	flipper.Wait()
	if outcomes[statusOK].Load() == 0 || outcomes[statusCorrupt].Load() == 0 {
		t.Errorf("flipped parts should answer, and find damage, not %d and %d times", outcomes[statusOK].Load(),
			outcomes[statusCorrupt].Load())
	}
}

func poolUser(pool *Pool) func(*rand.Rand) error {
	return func(random *rand.Rand) error {
		slot := random.Uint32N(600)
		switch random.IntN(10) {
		case 0, 1:
			_, err := pool.Acquire()
			return err
		case 2:
			return pool.AcquireMany(make([]uint32, random.IntN(20)))
		case 3:
			return pool.ReleaseMany([]uint32{slot, random.Uint32N(600)})
		case 4:
			_, err := pool.NextUsed(slot)
			return err
		case 5:
			return pool.Validate()
		case 6:
			return pool.Fill(slot, 1)
		case 7:
			memory, err := pool.Bytes(slot)
			clear(memory)
			return err
		case 8:
			if random.IntN(100) == 0 {
				return pool.Reset()
			}
			_, err := pool.Stats()
			return err
		}
		return pool.Release(slot)
	}
}

func sharedPoolUser(pool *SharedPool) func(*rand.Rand) error {
	var cache *SharedPoolCache
	return func(random *rand.Rand) (err error) {
		if cache == nil || random.IntN(100) == 0 {
			if cache != nil {
				cache.Close()
			}
			if cache, err = pool.Cache(); err != nil {
				cache = nil
				return err
			}
		}
		slot := random.Uint32N(600)
		switch random.IntN(10) {
		case 0, 1:
			_, err = cache.Acquire()
		case 2:
			err = cache.AcquireMany(make([]uint32, random.IntN(100)))
		case 3:
			err = cache.ReleaseMany([]uint32{slot, random.Uint32N(600)})
		case 4:
			_, err = pool.Acquire()
		case 5:
			err = pool.Release(slot)
		case 6:
			err = cache.Flush()
		case 7:
			var memory []byte
			memory, err = cache.Bytes(slot)
			clear(memory)
		case 8:
			switch random.IntN(20) {
			case 0:
				err = pool.Reset()
			case 1:
				_, err = pool.Reclaim()
			case 2:
				err = pool.Validate()
			default:
				_, err = pool.Stats()
			}
		default:
			err = cache.Release(slot)
		}
		return err
	}
}

func indexMapUser(indices *IndexMap) func(*rand.Rand) error {
	return func(random *rand.Rand) error {
		index := random.Uint32N(5100)
		switch random.IntN(8) {
		case 0, 1:
			_, err := indices.Acquire()
			return err
		case 2:
			return indices.AcquireMany(make([]uint32, random.IntN(100)))
		case 3:
			_, err := indices.NextFree(index)
			return err
		case 4:
			_, err := indices.List(index, make([]uint32, random.IntN(100)))
			return err
		case 5:
			if random.IntN(100) == 0 {
				return indices.Repair()
			}
			return indices.Validate()
		case 6:
			return indices.AcquireAt(index)
		}
		return indices.Release(index)
	}
}
