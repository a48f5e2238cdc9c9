//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestClosedObjectsSaySo(t *testing.T) {
	region, kv := store(t, 10, 1000)
	put(t, kv, "a", "1")
	reader, err := kv.Reader()
	ok(t, err)
	other, err := reader.Reader()
	ok(t, err)

	ok(t, kv.Close())
	ok(t, kv.Close())
	_, err = kv.Put([]byte("a"), nil)
	wants(t, err, ErrClosed)
	_, err = kv.Delete(nil)
	wants(t, err, ErrClosed)
	allClosed(t, &kv.KvReader)
	holds(t, reader, "a", "1")
	ok(t, reader.Close())
	ok(t, reader.Close())
	allClosed(t, reader)

	view, err := other.View([]byte("a"))
	ok(t, err)
	again, err := region.OpenKv("store")
	ok(t, err)
	ok(t, region.Close())
	ok(t, region.Close())
	allClosed(t, other)
	wants(t, view.Check(), ErrClosed)
	_, err = again.Put([]byte("a"), nil)
	wants(t, err, ErrClosed)
	_, err = again.Put(nil, nil)
	wants(t, err, ErrClosed)
	ok(t, again.Close())
	ok(t, other.Close())

	wants(t, region.Verify(), ErrClosed)
	wants(t, region.Save("never"), ErrClosed)
	_, err = region.Stats()
	wants(t, err, ErrClosed)
	_, err = region.Parts()
	wants(t, err, ErrClosed)
	_, err = region.OpenKv("store")
	wants(t, err, ErrClosed)
	_, err = region.CreateKv("another", KvOptions{Entries: 1, Bytes: 1})
	wants(t, err, ErrClosed)
	_, err = region.OpenKvReader("store", KvReaderOptions{})
	wants(t, err, ErrClosed)
}

func allClosed(t *testing.T, r *KvReader) {
	t.Helper()
	for _, key := range [][]byte{[]byte("a"), nil} {
		_, _, err := r.Get(key)
		wants(t, err, ErrClosed)
		_, _, err = r.GetInto(key, nil)
		wants(t, err, ErrClosed)
		_, _, _, err = r.TryGet(key, nil, 0)
		wants(t, err, ErrClosed)
		_, err = r.Contains(key)
		wants(t, err, ErrClosed)
		_, err = r.View(key)
		wants(t, err, ErrClosed)
		_, err = r.GetMany([][]byte{key})
		wants(t, err, ErrClosed)
	}
	for _, err := range r.All() {
		wants(t, err, ErrClosed)
	}
	_, err := r.Stats()
	wants(t, err, ErrClosed)
	_, err = r.Reader()
	wants(t, err, ErrClosed)
	wants(t, r.Verify(), ErrClosed)
	if r.Retries() != 0 {
		t.Error("a closed reader counts retries")
	}
}

// TestCloseDuringCalls closes readers, writer and region while other goroutines use them, again and again.
func TestCloseDuringCalls(t *testing.T) {
	for range scale(30) {
		region, kv, _ := fileStore(t, 100, 20_000)
		for i := range 50 {
			put(t, kv, string(keyOf(i)), "value")
		}
		reader, err := kv.Reader()
		ok(t, err)
		var users sync.WaitGroup
		use := func(call func(i int) error) {
			users.Add(1)
			go func() {
				defer users.Done()
				for i := 0; ; i++ {
					if err := call(i); errors.Is(err, ErrClosed) {
						return
					} else if err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		use(func(i int) error { _, _, err := reader.GetInto(keyOf(i%50), make([]byte, 10)); return err })
		use(func(i int) error { _, err := reader.GetMany([][]byte{keyOf(i % 50), keyOf(i % 7)}); return err })
		use(func(i int) error { _, err := kv.Put(keyOf(i%50), []byte("value")); return err })
		use(func(i int) error { return kv.Verify() })
		use(func(i int) error {
			for _, err := range kv.All() {
				if err != nil {
					return err
				}
			}
			return nil
		})
		use(func(i int) error { _, err := region.Stats(); return err })
		runtime.GC()
		reader.Close()
		kv.Close()
		region.Close()
		users.Wait()
	}
}

// TestMemoryIsUnmappedWhenNothingUsesIt closes everything, or nothing, and waits until the mapping has gone.
func TestMemoryIsUnmappedWhenNothingUsesIt(t *testing.T) {
	for _, c := range []struct {
		name  string
		close func(region *Region, kv *Kv, reader *KvReader)
	}{
		{"closed", func(region *Region, kv *Kv, reader *KvReader) { reader.Close(); kv.Close(); region.Close() }},
		{"the region first", func(region *Region, kv *Kv, reader *KvReader) { region.Close(); kv.Close(); reader.Close() }},
		{"forgotten", func(*Region, *Kv, *KvReader) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := t.TempDir() + "/region"
			useAndLeave(t, path, c.close)
			for round := 0; mapped(t, path); round++ {
				if round == 1000 {
					t.Fatal("still mapped after 1,000 collections")
				}
				runtime.GC()
				time.Sleep(time.Millisecond) // cleanups run in a goroutine of the runtime's
			}
			region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
			ok(t, err)
			ok(t, region.Close())
		})
	}
}

//go:noinline
func useAndLeave(t *testing.T, path string, leave func(*Region, *Kv, *KvReader)) {
	region, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 20})
	ok(t, err)
	_, err = region.CreateKv("store", KvOptions{Entries: 10, Bytes: 1000})
	ok(t, err)
	ok(t, region.Close())
	region, err = Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
	ok(t, err)
	kv, err := region.OpenKv("store")
	ok(t, err)
	put(t, kv, "a", "1")
	reader, err := kv.Reader()
	ok(t, err)
	holds(t, reader, "a", "1")
	if !mapped(t, path) {
		t.Fatal("the mapping is not listed, so this test would see nothing")
	}
	leave(region, kv, reader)
}

func mapped(t *testing.T, path string) bool {
	maps, err := os.ReadFile("/proc/self/maps")
	ok(t, err)
	return strings.Contains(string(maps), path)
}

// TestViewKeepsItsMemory looks into a view long after all else is gone.
func TestViewKeepsItsMemory(t *testing.T) {
	path := t.TempDir() + "/region"
	var view View
	useAndLeave(t, path, func(region *Region, kv *Kv, reader *KvReader) {
		var err error
		view, err = reader.View([]byte("a"))
		ok(t, err)
		reader.Close()
		kv.Close()
		region.Close()
	})
	for range 10 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if view.Byte(0) != '1' {
		t.Fatal("the view's bytes are gone")
	}
	wants(t, view.Check(), ErrClosed)
}

// TestClosedReadersAreCollected opens and closes regions in a loop that gives the collector no reason of its own to run.
func TestClosedReadersAreCollected(t *testing.T) {
	path := t.TempDir() + "/region"
	region, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 16})
	ok(t, err)
	_, err = region.CreateKv("store", KvOptions{Entries: 1, Bytes: 1})
	ok(t, err)
	region.Close()
	for range 1000 {
		region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
		ok(t, err)
		reader, err := region.OpenKvReader("store", KvReaderOptions{})
		ok(t, err)
		reader.Close()
		region.Close()
	}
	for round := 0; ; round++ {
		maps, err := os.ReadFile("/proc/self/maps")
		ok(t, err)
		left := strings.Count(string(maps), path)
		if left <= 2*collectAfterReaders {
			return
		}
		if round == 10_000 {
			t.Fatalf("%d of 1,000 closed regions are still mapped", left)
		}
		time.Sleep(time.Millisecond)
	}
}
