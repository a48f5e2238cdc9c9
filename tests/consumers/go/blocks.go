// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"fmt"

	"example.org/drystone/bindings/go"
)

// writeStones makes a pool in the region and leaves two stones in it.
func writeStones(region *drystone.Region) error {
	stones, err := region.CreatePool("stones", drystone.PoolOptions{ObjectBytes: 16, Capacity: 10})
	if err != nil {
		return err
	}
	defer stones.Close()
	for _, name := range []string{"granite", "slate"} {
		slot, err := stones.Acquire()
		if err != nil {
			return err
		}
		if err := stones.Write(slot, 0, []byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// readStones copies what is in the pool into an arena, and counts it behind a handle.
func readStones(region *drystone.Region) error {
	stones, err := region.OpenPool("stones")
	if err != nil {
		return err
	}
	defer stones.Close()
	arena, err := drystone.NewArena(drystone.ArenaOptions{Capacity: 1 << 12})
	if err != nil {
		return err
	}
	defer arena.Close()
	counts, err := drystone.NewObjectPool(drystone.ObjectPoolOptions{Capacity: 1}, func(count *int) {
		fmt.Println(*count, "stones")
	})
	if err != nil {
		return err
	}
	defer counts.Close()
	count, err := counts.Acquire(0)
	if err != nil {
		return err
	}
	for slot := range stones.Used() {
		stone, err := arena.Alloc(16, 1)
		if err != nil {
			return err
		}
		if err := stones.Read(slot, 0, stone); err != nil {
			return err
		}
		fmt.Printf("%s\n", stone[:len("slate")])
		n, err := count.Get()
		if err != nil {
			return err
		}
		*n++
	}
	return nil
}
