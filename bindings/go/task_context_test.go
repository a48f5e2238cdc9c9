//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"example.org/drystone/bindings/go"
)

// A worked example: contexts of tasks, taken by the goroutine that makes tasks and released by the workers that end them.

const (
	taskBytes = 64
	tasks     = 20_000
	workers   = 4
)

func TestTaskContexts(t *testing.T) {
	pool, err := drystone.NewSharedPool(drystone.SharedPoolOptions{ObjectBytes: taskBytes, Capacity: 1024, Align: 128})
	must(t, err)
	defer pool.Close()
	// A batch of slots at a time goes to the workers, and comes back to the pool with one call.
	queue := make(chan []uint32, workers)
	var sum atomic.Uint64
	var running sync.WaitGroup
	for range workers {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := work(pool, queue, &sum); err != nil {
				t.Error(err)
				for range queue { // whoever makes tasks must not wait for ever
				}
			}
		}()
	}
	err = makeTasks(pool, queue)
	close(queue)
	running.Wait()
	must(t, err)
	if want := uint64(tasks) * (tasks - 1) / 2; sum.Load() != want {
		t.Errorf("the tasks add up to %d, not %d", sum.Load(), want)
	}
	stats, err := pool.Stats()
	must(t, err)
	if stats.InUse != 0 {
		t.Errorf("%+v", stats)
	}
	must(t, pool.Validate())
}

func makeTasks(pool *drystone.SharedPool, queue chan<- []uint32) error {
	cache, err := pool.Cache()
	if err != nil {
		return err
	}
	defer cache.Close()
	for task := uint64(0); task < tasks; {
		batch := make([]uint32, 32)
		err := cache.AcquireMany(batch)
		if errors.Is(err, drystone.ErrFull) {
			continue // the workers are about to release some
		}
		if err != nil {
			return err
		}
		for _, slot := range batch {
			context, err := cache.Bytes(slot)
			if err != nil {
				return err
			}
			binary.LittleEndian.PutUint64(context, task)
			task++
		}
		queue <- batch
	}
	return nil
}

func work(pool *drystone.SharedPool, queue <-chan []uint32, sum *atomic.Uint64) error {
	cache, err := pool.Cache()
	if err != nil {
		return err
	}
	defer cache.Close()
	for batch := range queue {
		for _, slot := range batch {
			context, err := cache.Bytes(slot)
			if err != nil {
				return err
			}
			sum.Add(binary.LittleEndian.Uint64(context))
		}
		if err := cache.ReleaseMany(batch); err != nil {
			return err
		}
	}
	return nil
}
