// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"fmt"
	"log"
	"os"

	"example.org/drystone/bindings/go"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	path := os.Args[1]

	// One process makes the region and writes.
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.File, Name: path, Bytes: 1 << 20})
	check(err)
	defer region.Close()
	prices, err := region.CreateKv("prices", drystone.KvOptions{Entries: 1000, Bytes: 100_000})
	check(err)
	_, err = prices.Put([]byte("apple"), []byte("1.20"))
	check(err)

	// Any other process, in any of the four languages, reads while it writes.
	shared, err := drystone.Open(drystone.OpenOptions{Kind: drystone.File, Name: path, Mode: drystone.ReadOnly})
	check(err)
	defer shared.Close()
	reader, err := shared.OpenKvReader("prices", drystone.KvReaderOptions{})
	check(err)
	defer reader.Close()
	var price [16]byte
	n, version, err := reader.GetInto([]byte("apple"), price[:])
	check(err)
	fmt.Printf("an apple costs %s since write %d\n", price[:n], version)
}
