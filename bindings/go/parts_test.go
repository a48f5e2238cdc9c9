//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"path/filepath"
	"slices"
	"testing"
)

// partsFile is a region in a file with a pool, a shared pool and an index map, each with something taken.
func partsFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "region")
	region, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 20})
	ok(t, err)
	defer region.Close()
	pool, err := region.CreatePool("pool", PoolOptions{ObjectBytes: 16, Capacity: 10})
	ok(t, err)
	ok(t, pool.AcquireMany(make([]uint32, 3)))
	ok(t, pool.Release(1))
	ok(t, pool.Write(2, 0, []byte("dry stone")))
	shared, err := region.CreateSharedPool("shared", SharedPoolOptions{ObjectBytes: 16, Capacity: 10})
	ok(t, err)
	ok(t, shared.Write(acquires(t, shared), 0, []byte("dry wall")))
	indices, err := region.CreateIndexMap("indices", IndexMapOptions{Capacity: 100})
	ok(t, err)
	ok(t, indices.AcquireAt(42))
	parts, err := region.Parts()
	ok(t, err)
	var kinds []string
	for _, part := range parts {
		kinds = append(kinds, part.Kind)
	}
	if !slices.Equal(kinds, []string{"pool", "shared_pool", "index_map"}) {
		t.Error(kinds)
	}
	_, err = region.CreatePool("pool", PoolOptions{ObjectBytes: 16, Capacity: 10})
	wants(t, err, ErrAlreadyExists)
	_, err = region.CreatePool("large", PoolOptions{ObjectBytes: 1 << 20, Capacity: 10})
	wants(t, err, ErrFull)
	_, err = region.CreatePool("flags", PoolOptions{ObjectBytes: 16, Capacity: 10, Flags: MemoryPrefault})
	wants(t, err, ErrInvalidArgument)
	ok(t, region.Verify())
	return path
}

func TestPartsAreFoundAgain(t *testing.T) {
	path := partsFile(t)
	region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
	ok(t, err)
	defer region.Close()
	pool, err := region.OpenPool("pool")
	ok(t, err)
	twin, err := region.OpenPool("pool")
	ok(t, err)
	if slot := acquires(t, twin); slot != 1 {
		t.Error(slot)
	}
	if used := slices.Collect(pool.Used()); !slices.Equal(used, []uint32{0, 1, 2}) {
		t.Error(used)
	}
	shared, err := region.OpenSharedPool("shared")
	ok(t, err)
	if stats, err := shared.Stats(); err != nil || stats.InUse != 1 {
		t.Error(stats, err)
	}
	indices, err := region.OpenIndexMap("indices")
	ok(t, err)
	wants(t, indices.AcquireAt(42), ErrAlreadyExists)

	_, err = region.OpenPool("indices")
	wants(t, err, ErrTypeMismatch)
	_, err = region.OpenIndexMap("shared")
	wants(t, err, ErrTypeMismatch)
	_, err = region.OpenSharedPool("nothing")
	wants(t, err, ErrNotFound)
	_, err = region.OpenKv("pool")
	wants(t, err, ErrTypeMismatch)

	lent, err := pool.Bytes(2)
	ok(t, err)
	cache, err := shared.Cache()
	ok(t, err)
	ok(t, region.Close())
	if string(lent[:9]) != "dry stone" {
		t.Errorf("%q", lent)
	}
	for _, err := range []error{
		pool.Release(2), pool.Read(2, 0, nil), pool.Validate(), twin.Reset(), shared.Release(0), shared.Read(0, 0, nil),
		cache.Release(0), indices.Release(42), indices.Validate(),
	} {
		wants(t, err, ErrClosed)
	}
	for _, err := range []error{pool.Close(), twin.Close(), cache.Close(), shared.Close(), indices.Close()} {
		ok(t, err)
	}
}

func TestPartsOpenedForReadingRefuseChanges(t *testing.T) {
	path := partsFile(t)
	region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
	ok(t, err)
	defer region.Close()
	pool, err := region.OpenPool("pool")
	ok(t, err)
	shared, err := region.OpenSharedPool("shared")
	ok(t, err)
	indices, err := region.OpenIndexMap("indices")
	ok(t, err)
	_, acquired := pool.Acquire()
	_, sharedAcquired := shared.Acquire()
	_, cached := shared.Cache()
	_, indexed := indices.Acquire()
	_, created := region.CreatePool("another", PoolOptions{ObjectBytes: 1, Capacity: 1})
	for _, err := range []error{
		acquired, pool.Release(0), pool.ReleaseAt(0), pool.Fill(0, 1), pool.Write(0, 0, []byte{1}), pool.Reset(),
		pool.AcquireMany(make([]uint32, 1)), pool.ReleaseMany([]uint32{0}),
		sharedAcquired, cached, shared.Release(0), shared.ReleaseAt(0), shared.Fill(0, 1), shared.Write(0, 0, []byte{1}),
		shared.Reset(), shared.Repair(), indexed, indices.AcquireAt(1), indices.Release(42), indices.Reset(), created,
	} {
		wants(t, err, ErrReadOnly)
	}
	var got [9]byte
	ok(t, pool.Read(2, 0, got[:]))
	if string(got[:]) != "dry stone" {
		t.Errorf("%q", got)
	}
	if used, err := indices.Contains(42); err != nil || !used {
		t.Error(used, err)
	}
	if stats, err := pool.Stats(); err != nil || stats.InUse != 2 {
		t.Error(stats, err)
	}
	ok(t, pool.Validate())
	ok(t, indices.Validate())
}

func TestRegionIsSharedBesideItsWriter(t *testing.T) {
	path := partsFile(t)
	writer, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
	ok(t, err)
	defer writer.Close()
	beside, err := Open(OpenOptions{Kind: File, Name: path, Mode: ModeShare})
	ok(t, err)
	defer beside.Close()
	ours, err := writer.OpenSharedPool("shared")
	ok(t, err)
	theirs, err := beside.OpenSharedPool("shared")
	ok(t, err)
	cache, err := theirs.Cache()
	ok(t, err)
	slot := acquires(t, cache)
	memory, err := cache.Bytes(slot)
	ok(t, err)
	copy(memory, "passed on")
	var got [9]byte
	ok(t, ours.Read(slot, 0, got[:]))
	if string(got[:]) != "passed on" {
		t.Errorf("%q", got)
	}
	ok(t, ours.Release(slot))
	wants(t, cache.Release(slot), ErrStale)
	kv, err := writer.CreateKv("store", KvOptions{Entries: 10, Bytes: 1000})
	ok(t, err)
	reader, err := beside.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	put(t, kv, "a", "1")
	holds(t, reader, "a", "1")
	if stats, err := beside.Stats(); err != nil || stats.Mode != ModeShare {
		t.Error(stats, err)
	}
	_, err = beside.CreateKv("kv", KvOptions{Entries: 1, Bytes: 1})
	wants(t, err, ErrReadOnly)
	_, err = beside.OpenKv("pool")
	if err == nil {
		t.Error("a store was opened for writing beside the writer")
	}
	pool, err := beside.OpenPool("pool")
	ok(t, err)
	_, err = pool.Acquire()
	wants(t, err, ErrReadOnly)
}
