// SPDX-License-Identifier: MIT OR Apache-2.0

// A program like any user's, which knows drystone as a module alone: one process writes a file, another reads it.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"

	"example.org/drystone/bindings/go"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: consumer write|read FILE")
	}
	act := map[string]func(string) error{"write": write, "read": read}[os.Args[1]]
	if act == nil {
		log.Fatalf("%q is not write or read", os.Args[1])
	}
	if err := act(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func write(path string) error {
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.File, Name: path, Bytes: 1 << 20})
	if err != nil {
		return err
	}
	defer region.Close()
	walls, err := region.CreateKv("walls", drystone.KvOptions{Entries: 100, Bytes: 10_000})
	if err != nil {
		return err
	}
	defer walls.Close()
	if _, err := walls.Put([]byte("dry"), []byte("stone")); err != nil {
		return err
	}
	return writeStones(region)
}

func read(path string) error {
	region, err := drystone.Open(drystone.OpenOptions{Kind: drystone.File, Name: path, Mode: drystone.ReadOnly})
	if err != nil {
		return err
	}
	defer region.Close()
	walls, err := region.OpenKvReader("walls", drystone.KvReaderOptions{})
	if err != nil {
		return err
	}
	defer walls.Close()
	value, version, err := walls.Get([]byte("dry"))
	if err != nil {
		return err
	}
	if _, err := walls.Contains([]byte("mortar")); err != nil {
		return err
	}
	if _, _, err := walls.Get([]byte("mortar")); !errors.Is(err, drystone.ErrNotFound) {
		return fmt.Errorf("mortar: %v", err)
	}
	fmt.Printf("dry %s, write %d\n", value, version)
	return readStones(region)
}
