//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestWritesTakeTheNextVersionOfTheStore(t *testing.T) {
	_, kv := store(t, 10, 1000)
	for want := uint64(1); want <= 3; want++ {
		if got := put(t, kv, "a", "x"); got != want {
			t.Fatalf("version %d, not %d", got, want)
		}
	}
	version, err := kv.Delete([]byte("a"))
	ok(t, err)
	if version != 4 {
		t.Fatalf("the delete's version is %d, not 4", version)
	}
	if again := put(t, kv, "a", "x"); again != 5 {
		t.Fatalf("version %d after the delete, not 5", again)
	}
	if _, got, _ := kv.Get([]byte("a")); got != 5 {
		t.Fatalf("Get says version %d, not 5", got)
	}
}

func TestPutNewAndReplaceRefuse(t *testing.T) {
	_, kv := store(t, 10, 1000)
	_, err := kv.Replace([]byte("a"), nil, 1)
	wants(t, err, ErrNotFound)
	version, err := kv.PutNew([]byte("a"), []byte("1"))
	ok(t, err)
	_, err = kv.PutNew([]byte("a"), []byte("2"))
	wants(t, err, ErrAlreadyExists)
	_, err = kv.Replace([]byte("a"), []byte("3"), version+1)
	wants(t, err, ErrConflict)
	holds(t, &kv.KvReader, "a", "1")
	_, err = kv.Replace([]byte("a"), []byte("4"), version)
	ok(t, err)
	holds(t, &kv.KvReader, "a", "4")
	_, err = kv.Delete([]byte("b"))
	wants(t, err, ErrNotFound)
}

func TestKeysOutOfRangeAreRefusedByEveryCall(t *testing.T) {
	_, kv := store(t, 10, 200_000)
	checked, err := openChecked(kv)
	ok(t, err)
	for _, c := range []struct {
		key  []byte
		want Status
	}{{nil, ErrInvalidArgument}, {[]byte{}, ErrInvalidArgument}, {make([]byte, kvKeyBytesMax+1), ErrTooLarge}} {
		for _, r := range []*KvReader{&kv.KvReader, checked} {
			_, _, err := r.Get(c.key)
			wants(t, err, c.want)
			_, _, err = r.GetInto(c.key, nil)
			wants(t, err, c.want)
			_, _, _, err = r.TryGet(c.key, nil, 3)
			wants(t, err, c.want)
			_, err = r.Contains(c.key)
			wants(t, err, c.want)
			_, err = r.GetMany([][]byte{[]byte("fine"), c.key})
			wants(t, err, c.want)
		}
		_, err := kv.View(c.key)
		wants(t, err, c.want)
		_, err = kv.Put(c.key, []byte("value"))
		wants(t, err, c.want)
		var detailed *Error
		if !errors.As(err, &detailed) || !strings.Contains(detailed.Detail, "key") {
			t.Errorf("%v does not say that it is about the key", err)
		}
		_, err = kv.Delete(c.key)
		wants(t, err, c.want)
	}
	longest := make([]byte, kvKeyBytesMax)
	_, err = kv.Put(longest, []byte("value"))
	ok(t, err)
	holds(t, &kv.KvReader, string(longest), "value")
}

func openChecked(kv *Kv) (*KvReader, error) {
	return openKvReader(kv.region, kv.name, KvReaderOptions{Checked: true})
}

func TestFullLeavesTheOldValue(t *testing.T) {
	_, kv := store(t, 2, 100)
	put(t, kv, "a", "1")
	put(t, kv, "b", "2")
	_, err := kv.Put([]byte("c"), []byte("3"))
	wants(t, err, ErrFull)
	_, err = kv.Put([]byte("a"), make([]byte, 200))
	wants(t, err, ErrFull)
	holds(t, &kv.KvReader, "a", "1")
	put(t, kv, "a", "again")
}

func TestGetIntoCopiesEveryLengthAndNothingBeside(t *testing.T) {
	_, kv := store(t, 10, 10_000)
	for n := range 300 {
		value := make([]byte, n)
		for i := range value {
			value[i] = byte(i*7 + n)
		}
		_, err := kv.Put([]byte("key"), value)
		ok(t, err)
		buffer := bytes.Repeat([]byte{0xee}, n+16)
		got, _, err := kv.GetInto([]byte("key"), buffer[8:8+n])
		ok(t, err)
		if got != n || !bytes.Equal(buffer[8:8+n], value) {
			t.Fatalf("%d bytes: got %d, %x", n, got, buffer)
		}
		if strings.Trim(string(buffer[:8])+string(buffer[8+n:]), "\xee") != "" {
			t.Fatalf("%d bytes: written beside the buffer: %x", n, buffer)
		}
		if n > 0 {
			got, _, err = kv.GetInto([]byte("key"), buffer[:n-1])
			wants(t, err, ErrTooLarge)
			if got != n {
				t.Fatalf("%d bytes are said to need %d", n, got)
			}
		}
	}
}

func TestKeysOfEveryLengthAreToldApart(t *testing.T) {
	_, kv := store(t, 1000, 100_000)
	key := func(n int, last byte) []byte { return append(bytes.Repeat([]byte{'k'}, n), last) }
	for n := range 80 {
		for last := byte(1); last < 4; last++ {
			_, err := kv.Put(key(n, last), []byte{byte(n), last})
			ok(t, err)
		}
	}
	for n := range 80 {
		for last := byte(1); last < 4; last++ {
			holds(t, &kv.KvReader, string(key(n, last)), string([]byte{byte(n), last}))
		}
		found, err := kv.Contains(key(n, 4))
		ok(t, err)
		if found {
			t.Fatalf("a key of %d bytes that was never put is found", n+1)
		}
	}
}

func TestTryGetSaysHowManyAttempts(t *testing.T) {
	_, kv := store(t, 10, 1000)
	put(t, kv, "a", "1")
	var buffer [8]byte
	n, version, attempts, err := kv.TryGet([]byte("a"), buffer[:], 1)
	ok(t, err)
	if n != 1 || version != 1 || attempts != 1 {
		t.Fatalf("got %d, %d, %d", n, version, attempts)
	}
	_, _, _, err = kv.TryGet([]byte("a"), buffer[:], 0)
	wants(t, err, ErrInvalidArgument)
}

func TestGetManyMixesHitsAndMisses(t *testing.T) {
	_, kv := store(t, 200, 100_000)
	var keys [][]byte
	for i := range 150 {
		keys = append(keys, keyOf(i))
		if i%3 != 0 {
			put(t, kv, string(keyOf(i)), strings.Repeat("v", i*5))
		}
	}
	entries, err := kv.GetMany(keys)
	ok(t, err)
	for i, entry := range entries {
		if string(entry.Key) != string(keys[i]) || (entry.Value == nil) != (i%3 == 0) || entry.Value != nil && len(entry.Value) != i*5 {
			t.Fatalf("entry %d is %v", i, entry)
		}
	}
	put(t, kv, "empty", "")
	if entries, err = kv.GetMany([][]byte{[]byte("empty")}); err != nil || entries[0].Value == nil {
		t.Fatalf("an empty value comes back as a miss: %v", err)
	}
	if entries, err = kv.GetMany(nil); err != nil || len(entries) != 0 {
		t.Fatalf("no keys give %v, %v", entries, err)
	}
}

func TestAllMeetsEveryEntryOnce(t *testing.T) {
	_, kv := store(t, 500, 500_000)
	want := map[string]string{}
	for i := range 400 {
		key := strings.Repeat("k", i%90) + string(keyOf(i))
		want[key] = strings.Repeat("v", i*2)
		put(t, kv, key, want[key])
	}
	for entry, err := range kv.All() {
		ok(t, err)
		if value, there := want[string(entry.Key)]; !there || value != string(entry.Value) || entry.Version == 0 {
			t.Fatalf("met %q twice, or with another value", entry.Key)
		}
		delete(want, string(entry.Key))
	}
	if len(want) != 0 {
		t.Fatalf("%d entries were not met", len(want))
	}
	for range kv.All() {
		break // leaving the loop early is fine
	}
}

func TestViewLendsAndSaysWhenItIsOver(t *testing.T) {
	_, kv := store(t, 10, 10_000)
	put(t, kv, "a", "0123456789abc")
	view, err := kv.View([]byte("a"))
	ok(t, err)
	var copied [5]byte
	n := view.CopyTo(copied[:], 8)
	first, last := view.Byte(0), view.Byte(12)
	ok(t, view.Check())
	if view.Len() != 13 || first != '0' || last != 'c' || n != 5 || string(copied[:]) != "89abc" {
		t.Fatalf("lent %d bytes, %c %c %q", view.Len(), first, last, copied)
	}
	if word := view.Word(8); word != 0x63_62_61_39_38 {
		t.Fatalf("the last word is %#x", word)
	}
	for i := 0; view.Check() == nil; i++ {
		if put(t, kv, "a", "another value"); i > 100_000 {
			t.Fatal("the block was reused many times and the view still holds")
		}
	}
	wants(t, view.Check(), ErrStale)
	wants(t, View{}.Check(), ErrClosed)
	for name, use := range map[string]func(){
		"Byte":      func() { view.Byte(13) },
		"Byte -1":   func() { view.Byte(-1) },
		"Word":      func() { view.Word(16) },
		"unaligned": func() { view.Word(1) },
		"CopyTo":    func() { view.CopyTo(copied[:], 16) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s out of range does not panic", name)
				}
			}()
			use()
		}()
	}
}

// TestModel plays random operations on a store and on a map, and reads in Go and through C.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	_, kv := store(t, 300, 60_000)
	checked, err := openChecked(kv)
	ok(t, err)
	model := map[string]string{}
	for range scale(20_000) {
		key := string(keyOf(random.IntN(300)))
		switch random.IntN(4) {
		case 0, 1:
			value := strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(100))
			put(t, kv, key, value)
			model[key] = value
		case 2:
			_, err := kv.Delete([]byte(key))
			if _, there := model[key]; there != (err == nil) {
				t.Fatalf("delete of %q: %v", key, err)
			}
			delete(model, key)
		case 3:
			agrees(t, model, key, &kv.KvReader)
			agrees(t, model, key, checked)
		}
	}
	for i := range 300 {
		agrees(t, model, string(keyOf(i)), &kv.KvReader)
	}
	stats, err := kv.Stats()
	ok(t, err)
	if stats.Entries != uint64(len(model)) {
		t.Fatalf("%d entries, the model has %d", stats.Entries, len(model))
	}
	ok(t, kv.Verify())
}

func agrees(t *testing.T, model map[string]string, key string, r *KvReader) {
	t.Helper()
	want, there := model[key]
	value, _, err := r.Get([]byte(key))
	if there != (err == nil) || string(value) != want {
		t.Fatalf("%q holds %q (%v), the model %q", key, value, err, want)
	}
	found, err := r.Contains([]byte(key))
	ok(t, err)
	if found != there {
		t.Fatalf("%q: Contains says %v", key, found)
	}
}

// TestBatchesOfEveryShape holds a batch, which is one call into C, to single reads, which are not.
func TestBatchesOfEveryShape(t *testing.T) {
	_, kv := store(t, 300, 1_000_000)
	for i := range 200 {
		put(t, kv, string(keyOf(i)), strings.Repeat("v", i*3))
	}
	long := strings.Repeat("k", 3000)
	put(t, kv, long, "long")
	for _, n := range []int{0, 1, 3, 4, 31, 32, 33, 64, 200} {
		for _, room := range []int{0, 1, 100, 256, 257, 700} {
			lookups := make([]Lookup, n)
			for i := range lookups {
				lookups[i] = Lookup{Key: keyOf(i * 210 / max(n, 1)), Buffer: make([]byte, room), N: -1, Err: ErrIO}
			}
			if n > 40 { // one batch cannot go to C, and answers all the same
				lookups[5].Key = []byte(long)
				lookups[6].Key = nil
				lookups[38].Key = make([]byte, kvKeyBytesMax+1)
			}
			ok(t, kv.GetManyInto(lookups))
			for i, l := range lookups {
				want := make([]byte, room)
				wantN, version, err := kv.GetInto(l.Key, want)
				if l.N != wantN || l.Version != version || l.Err != err || err == nil && !bytes.Equal(l.Buffer, want) {
					t.Fatalf("%d of %d with room for %d: %d bytes, version %d, %v; alone %d, %d, %v", i, n, room, l.N, l.Version,
						l.Err, wantN, version, err)
				}
			}
		}
	}
}
