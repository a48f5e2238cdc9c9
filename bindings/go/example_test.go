//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.org/drystone/bindings/go"
)

func Example() {
	folder, err := os.MkdirTemp("", "drystone-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "prices")

	// One process makes the region and writes.
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.File, Name: path, Bytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer region.Close()
	prices, err := region.CreateKv("prices", drystone.KvOptions{Entries: 1000, Bytes: 100_000})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := prices.Put([]byte("apple"), []byte("1.20")); err != nil {
		log.Fatal(err)
	}

	// Any other process, in any of the four languages, reads while it writes.
	shared, err := drystone.Open(drystone.OpenOptions{Kind: drystone.File, Name: path, Mode: drystone.ReadOnly})
	if err != nil {
		log.Fatal(err)
	}
	defer shared.Close()
	reader, err := shared.OpenKvReader("prices", drystone.KvReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	var price [16]byte
	n, version, err := reader.GetInto([]byte("apple"), price[:])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("apple costs %s since write %d\n", price[:n], version)
	_, _, err = reader.GetInto([]byte("pear"), price[:])
	fmt.Println("no pears:", errors.Is(err, drystone.ErrNotFound))
	// Output:
	// apple costs 1.20 since write 1
	// no pears: true
}

func ExampleKv_Replace() {
	_, counters := memory()
	version, _ := counters.Put([]byte("visits"), []byte("41"))
	_, err := counters.Replace([]byte("visits"), []byte("42"), version)
	fmt.Println("first:", err)
	_, err = counters.Replace([]byte("visits"), []byte("42"), version)
	fmt.Println("again:", errors.Is(err, drystone.ErrConflict))
	// Output:
	// first: <nil>
	// again: true
}

func ExampleKvReader_All() {
	_, kv := memory()
	kv.Put([]byte("apple"), []byte("1.20"))
	for entry, err := range kv.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s = %s\n", entry.Key, entry.Value)
	}
	// Output: apple = 1.20
}

func ExampleKvReader_View() {
	_, kv := memory()
	kv.Put([]byte("flags"), []byte{1, 0, 1, 1})
	for {
		view, err := kv.View([]byte("flags"))
		if err != nil {
			log.Fatal(err)
		}
		set := 0
		for i := range view.Len() {
			set += int(view.Byte(i))
		}
		if view.Check() == nil { // else a write came in between, and set means nothing
			fmt.Println(set, "flags are set")
			return
		}
	}
	// Output: 3 flags are set
}

func ExampleRegion_Save() {
	folder, err := os.MkdirTemp("", "drystone-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	region, kv := memory()
	kv.Put([]byte("apple"), []byte("1.20"))
	image := filepath.Join(folder, "image")
	if err := region.Save(image); err != nil {
		log.Fatal(err)
	}
	loaded, err := drystone.Load(image, drystone.CreateOptions{Kind: drystone.Memory})
	if err != nil {
		log.Fatal(err)
	}
	defer loaded.Close()
	parts, err := loaded.Parts()
	fmt.Println(parts[0].Kind, parts[0].Name, err)
	// Output: kv store <nil>
}

func memory() (*drystone.Region, *drystone.Kv) {
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.Memory, Bytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	kv, err := region.CreateKv("store", drystone.KvOptions{Entries: 1000, Bytes: 100_000})
	if err != nil {
		log.Fatal(err)
	}
	return region, kv
}
