// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/hex"

	"example.org/drystone/bench/go/frame"
	"example.org/drystone/bindings/go"
)

type drystoneStore struct {
	region *drystone.Region
	kv     *drystone.Kv
	size   uint64
}

func newDrystone(keys int, prefault bool) store {
	options := drystone.KvOptions{Entries: uint64(keys), Bytes: uint64(keys) * (keyBytes + valueBytes)}
	size, err := drystone.KvBytes(options)
	frame.Must("drystone", err)
	var random [8]byte
	rand.Read(random[:])
	name := "drystone-bench-" + hex.EncodeToString(random[:])
	region, err := drystone.Create(drystone.CreateOptions{
		Kind:     drystone.Shared,
		Name:     name,
		Bytes:    size + 1<<16, // header page, directory, and rounding to pages
		Prefault: prefault,
	})
	frame.Must("drystone", err)
	// The name goes at once, so that a program that is killed leaves nothing behind.
	frame.Must("drystone", drystone.Unlink(drystone.Shared, name))
	kv, err := region.CreateKv("bench", options)
	frame.Must("drystone", err)
	return &drystoneStore{region, kv, size}
}

func (d *drystoneStore) insert(s *script, at int) {
	if _, err := d.kv.PutNew(s.key(at), s.value(at)); err != nil {
		frame.Fail("drystone", "PutNew: %v", err)
	}
}

func (d *drystoneStore) update(s *script, at int) {
	if _, err := d.kv.Put(s.key(at), s.value(at)); err != nil {
		frame.Fail("drystone", "Put: %v", err)
	}
}

func (d *drystoneStore) delete(s *script, at int) {
	if _, err := d.kv.Delete(s.key(at)); err != nil {
		frame.Fail("drystone", "Delete: %v", err)
	}
}

func (d *drystoneStore) sharedUpdate(s *script, at int) { d.update(s, at) }
func (d *drystoneStore) bytes() uint64                  { return d.size }
func (d *drystoneStore) sharedReader() reader           { return d.reader() }

func (d *drystoneStore) close() {
	d.kv.Close()
	d.region.Close()
}

func (d *drystoneStore) reader() reader {
	r, err := d.kv.Reader()
	frame.Must("drystone", err)
	return &drystoneReader{r: r}
}

type drystoneReader struct {
	r       *drystone.KvReader
	lookups [batchKeys]drystone.Lookup
}

func (d *drystoneReader) get(s *script, at int, v *value) bool { return d.getKey(s.key(at), v) }

func (d *drystoneReader) getKey(key []byte, v *value) bool {
	n, _, err := d.r.GetInto(key, v[:])
	if err == nil && n == valueBytes {
		return true
	}
	if err != drystone.ErrNotFound {
		frame.Fail("drystone", "GetInto: %v", err)
	}
	return false
}

func (d *drystoneReader) getBatch(s *script, at int, values *[batchKeys]value) int {
	for i := range d.lookups {
		d.lookups[i].Key, d.lookups[i].Buffer = s.key(at+i), values[i][:]
	}
	if err := d.r.GetManyInto(d.lookups[:]); err != nil {
		frame.Fail("drystone", "GetManyInto: %v", err)
	}
	found := 0
	for i := range d.lookups {
		if d.lookups[i].Err == nil {
			found++
		}
	}
	return found
}

func (d *drystoneReader) retries() uint64 { return d.r.Retries() }
