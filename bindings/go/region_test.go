//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileRegionIsFoundAgain(t *testing.T) {
	region, kv, path := fileStore(t, 10, 1000)
	put(t, kv, "a", "1")
	_, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 16})
	wants(t, err, ErrAlreadyExists)
	_, err = Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
	wants(t, err, ErrBusy)

	reader, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
	ok(t, err)
	defer reader.Close()
	_, err = reader.OpenKv("store")
	wants(t, err, ErrReadOnly)
	_, err = reader.OpenKvReader("another", KvReaderOptions{})
	wants(t, err, ErrNotFound)
	r, err := reader.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	holds(t, r, "a", "1")
	put(t, kv, "a", "2")
	holds(t, r, "a", "2")

	ok(t, region.Close())
	again, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite})
	ok(t, err)
	defer again.Close()
	writer, err := again.OpenKv("store")
	ok(t, err)
	put(t, writer, "a", "3")
	holds(t, r, "a", "3")
	second, err := again.OpenKv("store")
	ok(t, err)
	put(t, second, "a", "4")
	ok(t, writer.Close())
	holds(t, r, "a", "4")
	put(t, second, "a", "5")
	holds(t, r, "a", "5")
}

func TestTakeOverMakesTheOldWriterStale(t *testing.T) {
	_, kv, path := fileStore(t, 10, 1000)
	put(t, kv, "a", "1")
	region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadWrite, TakeOver: true})
	ok(t, err)
	defer region.Close()
	_, err = kv.Put([]byte("a"), []byte("2"))
	wants(t, err, ErrStale)
}

func TestSharedRegion(t *testing.T) {
	name := fmt.Sprintf("drystone-go-test-%d-%x", os.Getpid(), rand.Uint64())
	_, kv := storeIn(t, CreateOptions{Kind: Shared, Name: name, Prefault: true}, 10, 1000)
	t.Cleanup(func() { Unlink(Shared, name) })
	put(t, kv, "a", "1")
	region, err := Open(OpenOptions{Kind: Shared, Name: name, Mode: ReadOnly, Prefault: true, HugePages: true})
	ok(t, err)
	defer region.Close()
	r, err := region.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	holds(t, r, "a", "1")
	ok(t, Unlink(Shared, name))
	wants(t, Unlink(Shared, name), ErrNotFound)
	holds(t, r, "a", "1")
}

func TestMemfdRegion(t *testing.T) {
	owner, kv := storeIn(t, CreateOptions{Kind: Descriptor}, 10, 1000)
	put(t, kv, "a", "1")
	file, err := owner.Descriptor()
	ok(t, err)
	region, err := Open(OpenOptions{Kind: Descriptor, Descriptor: file, Mode: ReadOnly})
	ok(t, err)
	defer region.Close()
	ok(t, file.Close()) // a duplicate of one's own, as is the region's
	r, err := region.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	holds(t, r, "a", "1")
	put(t, kv, "a", "2")
	holds(t, r, "a", "2")

	private, _ := store(t, 1, 1)
	_, err = private.Descriptor()
	wants(t, err, ErrUnsupported)
	ok(t, owner.Close())
	_, err = owner.Descriptor()
	wants(t, err, ErrClosed)
}

func TestDescriptorRegion(t *testing.T) {
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "region"), os.O_RDWR|os.O_CREATE, 0o600)
	ok(t, err)
	defer file.Close()
	_, kv := storeIn(t, CreateOptions{Kind: Descriptor, Descriptor: file}, 10, 1000)
	put(t, kv, "a", "1")
	region, err := Open(OpenOptions{Kind: Descriptor, Descriptor: file, Mode: ReadOnly})
	ok(t, err)
	defer region.Close()
	r, err := region.OpenKvReader("store", KvReaderOptions{})
	ok(t, err)
	holds(t, r, "a", "1")
}

func TestSaveAndLoad(t *testing.T) {
	region, kv := store(t, 10, 1000)
	put(t, kv, "a", "1")
	image := filepath.Join(t.TempDir(), "image")
	ok(t, region.Save(image))
	copied, err := Load(image, CreateOptions{Kind: Memory})
	ok(t, err)
	defer copied.Close()
	ok(t, copied.Verify())
	writer, err := copied.OpenKv("store")
	ok(t, err)
	put(t, writer, "a", "2")
	holds(t, &kv.KvReader, "a", "1")
	stats, err := copied.Stats()
	ok(t, err)
	if stats.Kind != Memory || stats.Mode != ReadWrite || stats.PartCount != 1 || stats.UsedBytes > stats.SizeBytes {
		t.Fatalf("%+v", stats)
	}

	bytes, err := os.ReadFile(image)
	ok(t, err)
	bytes[len(bytes)/2] ^= 1
	ok(t, os.WriteFile(image, bytes, 0o600))
	_, err = Load(image, CreateOptions{Kind: Memory})
	wants(t, err, ErrCorrupt)
	if !strings.Contains(err.Error(), "image") {
		t.Errorf("%v does not name the file", err)
	}
}

func TestPartsAreListedInOrder(t *testing.T) {
	region, _ := store(t, 1, 1)
	_, err := region.CreateKv("store", KvOptions{Entries: 1, Bytes: 1})
	wants(t, err, ErrAlreadyExists)
	parts, err := region.Parts()
	ok(t, err)
	if len(parts) != 1 || parts[0].Name != "store" || parts[0].Kind != "kv" || parts[0].Bytes == 0 {
		t.Fatalf("%+v", parts)
	}
	_, err = region.CreateKv("too large", KvOptions{Entries: 1, Bytes: 1 << 40})
	wants(t, err, ErrFull)
	_, err = region.CreateKv("", KvOptions{Entries: 1, Bytes: 1})
	wants(t, err, ErrInvalidArgument)
	_, err = region.CreateKv("no\x00name", KvOptions{Entries: 1, Bytes: 1})
	wants(t, err, ErrInvalidArgument)
}

func TestNamesThatCCannotBeGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	_, err := Create(CreateOptions{Kind: File, Name: path + "\x00hidden", Bytes: 1 << 16})
	wants(t, err, ErrInvalidArgument)
	if _, err := os.Stat(path); err == nil {
		t.Fatal("the shorter name was made")
	}
	region, _ := store(t, 1, 1)
	wants(t, region.Save("a\x00b"), ErrInvalidArgument)
	wants(t, Unlink(File, "a\x00b"), ErrInvalidArgument)
	_, err = Load("a\x00b", CreateOptions{Kind: Memory})
	wants(t, err, ErrInvalidArgument)
	_, err = Open(OpenOptions{Kind: File, Name: "a\x00b", Mode: ReadOnly})
	wants(t, err, ErrInvalidArgument)
}

func TestErrorsCarryTheSystemsError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "region")
	_, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
	wants(t, err, ErrNotFound)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	var detailed *Error
	if !errors.As(err, &detailed) || !strings.Contains(detailed.Detail, path) {
		t.Errorf("%v does not name the file", err)
	}
}

func TestPermissionsAreExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	region, err := Create(CreateOptions{Kind: File, Name: path, Bytes: 1 << 16, Permissions: 0o666})
	ok(t, err)
	defer region.Close()
	info, err := os.Stat(path)
	ok(t, err)
	if info.Mode().Perm() != 0o666 {
		t.Fatalf("permissions are %v", info.Mode())
	}
}

func TestStatusesAreTheCores(t *testing.T) {
	names := map[string]Status{}
	for s := Status(0); s < statusCount; s++ {
		if other, taken := names[s.Name()]; taken || s.Name() == "unknown" || s.Error() == "" {
			t.Errorf("%d and %d are both %q", s, other, s.Name())
		}
		names[s.Name()] = s
	}
	for name, want := range map[string]Status{
		"ok": 0, "invalid_argument": ErrInvalidArgument, "out_of_memory": ErrOutOfMemory, "full": ErrFull, "not_found": ErrNotFound,
		"already_exists": ErrAlreadyExists, "type_mismatch": ErrTypeMismatch, "stale": ErrStale, "foreign": ErrForeign,
		"too_large": ErrTooLarge, "busy": ErrBusy, "read_only": ErrReadOnly, "corrupt": ErrCorrupt,
		"version_mismatch": ErrVersionMismatch, "conflict": ErrConflict, "timed_out": ErrTimedOut, "io": ErrIO,
		"unsupported": ErrUnsupported, "closed": ErrClosed,
	} {
		if names[name] != want {
			t.Errorf("%q is %d, not %d", name, names[name], want)
		}
	}
}
