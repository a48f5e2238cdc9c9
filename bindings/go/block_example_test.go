//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"example.org/drystone/bindings/go"
)

func ExampleArena() {
	arena, err := drystone.NewArena(drystone.ArenaOptions{Capacity: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer arena.Close() // and keeps the arena for as long as its slices are used
	for request := range 3 {
		name, err := arena.Alloc(100, 1)
		if err != nil {
			log.Fatal(err)
		}
		prices, err := drystone.AllocSlice[float64](arena, 4)
		if err != nil {
			log.Fatal(err)
		}
		prices[0] = 1.5
		fmt.Println(strings.ToUpper(string(name[:copy(name, fmt.Sprintf("request %d", request))])), prices)
		arena.Reset() // all of it at once
	}
	// Output:
	// REQUEST 0 [1.5 0 0 0]
	// REQUEST 1 [1.5 0 0 0]
	// REQUEST 2 [1.5 0 0 0]
}

func ExampleScratch() {
	scratch, err := drystone.NewScratch(drystone.ScratchOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer scratch.Close()
	reversed := func(text string) string {
		scope, err := scratch.Begin()
		if err != nil {
			log.Fatal(err)
		}
		defer scope.End()
		buffer, err := scratch.Alloc(uint64(len(text)), 1)
		if err != nil {
			log.Fatal(err)
		}
		for i := range text {
			buffer[len(text)-1-i] = text[i]
		}
		return string(buffer)
	}
	fmt.Println(reversed("enots"), reversed("yrd"))
	stats, _ := scratch.Stats()
	fmt.Println(stats.Used, "bytes are still used,", stats.Peak, "were at most")
	// Output:
	// stone dry
	// 0 bytes are still used, 5 were at most
}

func ExamplePool() {
	pool, err := drystone.NewPool(drystone.PoolOptions{ObjectBytes: 64, Capacity: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	slot, err := pool.Acquire()
	if err != nil {
		log.Fatal(err)
	}
	object, err := pool.Bytes(slot)
	if err != nil {
		log.Fatal(err)
	}
	copy(object, "an order")
	fmt.Println(pool.Release(slot))
	fmt.Println("twice:", errors.Is(pool.Release(slot), drystone.ErrStale))
	fmt.Println("none of its:", errors.Is(pool.Release(1000), drystone.ErrForeign))
	// Output:
	// <nil>
	// twice: true
	// none of its: true
}

func ExampleRegion_CreatePool() {
	folder, err := os.MkdirTemp("", "drystone-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "orders")
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.File, Name: path, Bytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	orders, err := region.CreatePool("orders", drystone.PoolOptions{ObjectBytes: 64, Capacity: 1000})
	if err != nil {
		log.Fatal(err)
	}
	slot, _ := orders.Acquire()
	orders.Write(slot, 0, []byte("ten stones"))
	region.Close()

	// Later, and perhaps in another process or language.
	region, err = drystone.Open(drystone.OpenOptions{Kind: drystone.File, Name: path, Mode: drystone.ReadWrite})
	if err != nil {
		log.Fatal(err)
	}
	defer region.Close()
	orders, err = region.OpenPool("orders")
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()
	for slot := range orders.Used() {
		var order [10]byte
		orders.Read(slot, 0, order[:])
		fmt.Printf("%d: %s\n", slot, order)
	}
	// Output: 0: ten stones
}

func ExampleSharedPool() {
	pool, err := drystone.NewSharedPool(drystone.SharedPoolOptions{ObjectBytes: 64, Capacity: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	slots := make(chan uint32)
	var workers sync.WaitGroup
	for range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			cache, err := pool.Cache() // one for each goroutine
			if err != nil {
				log.Fatal(err)
			}
			defer cache.Close()
			for slot := range slots {
				cache.Release(slot)
			}
		}()
	}
	cache, err := pool.Cache()
	if err != nil {
		log.Fatal(err)
	}
	for range 500 {
		slot, err := cache.Acquire()
		if err != nil {
			log.Fatal(err)
		}
		slots <- slot
	}
	close(slots)
	workers.Wait()
	stats, _ := pool.Stats()
	fmt.Println(stats.InUse, "are in use")
	// Output: 0 are in use
}

func ExampleIndexMap() {
	ports, err := drystone.NewIndexMap(drystone.IndexMapOptions{Capacity: 65536})
	if err != nil {
		log.Fatal(err)
	}
	defer ports.Close()
	ports.AcquireAt(1)
	first, _ := ports.Acquire()
	second, _ := ports.Acquire()
	fmt.Println(first, second)
	ports.Release(1)
	for port := range ports.All() {
		fmt.Println("taken:", port)
	}
	// Output:
	// 0 2
	// taken: 0
	// taken: 2
}

func ExampleObjectPool() {
	type session struct{ user string }
	sessions, err := drystone.NewObjectPool(drystone.ObjectPoolOptions{Capacity: 100}, func(s *session) {
		fmt.Println("goodbye,", s.user)
	})
	if err != nil {
		log.Fatal(err)
	}
	ada, _ := sessions.Acquire(session{"Ada"})
	sessions.Acquire(session{"Grace"})
	if s, err := ada.Get(); err == nil {
		s.user = "Ada Lovelace"
	}
	ada.Release()
	_, err = ada.Get()
	fmt.Println("stale:", errors.Is(err, drystone.ErrStale))
	sessions.Close()
	// Output:
	// goodbye, Ada Lovelace
	// stale: true
	// goodbye, Grace
}

func ExampleBufferPool() {
	samples, err := drystone.NewBufferPool[float32](drystone.BufferPoolOptions{Elements: 1024, Blocks: 16, Align: 64})
	if err != nil {
		log.Fatal(err)
	}
	defer samples.Close()
	block, _ := samples.Acquire()
	block.Write(0, []float32{0.25, 0.5})
	value, _ := block.Get(1)
	fmt.Println(value, "of", block.Len())
	block.Release()
	fmt.Println("stale:", errors.Is(block.Set(1, 1), drystone.ErrStale))
	// Output:
	// 0.5 of 1024
	// stale: true
}

func ExampleSlab() {
	slab, err := drystone.NewSlab(drystone.SlabOptions{Bytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer slab.Close()
	small, class, _ := slab.Alloc(100)
	fmt.Println(len(small), "bytes in a class of", class)
	_, class, _ = slab.Alloc(1 << 16)
	fmt.Println("class", class, "is Go's own heap")
	fmt.Println(slab.Free(small), errors.Is(slab.Free(small), drystone.ErrStale))
	// Output:
	// 100 bytes in a class of 128
	// class 0 is Go's own heap
	// <nil> true
}
