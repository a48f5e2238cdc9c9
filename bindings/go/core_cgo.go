//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

/*
#cgo CFLAGS: -std=c11 -O2
#cgo LDFLAGS: -pthread
#cgo noescape dry_kv_put
#cgo nocallback dry_kv_put
#cgo noescape dry_kv_put_new
#cgo nocallback dry_kv_put_new
#cgo noescape dry_kv_replace
#cgo nocallback dry_kv_replace
#cgo noescape dry_kv_delete
#cgo nocallback dry_kv_delete
#cgo noescape dry_kv_try_get
#cgo nocallback dry_kv_try_get
#cgo noescape dry_kv_contains
#cgo nocallback dry_kv_contains
#cgo noescape dry_kv_next
#cgo nocallback dry_kv_next
#cgo noescape dry_kv_hash
#cgo nocallback dry_kv_hash
#cgo noescape dry_kv_get_stats
#cgo nocallback dry_kv_get_stats
#cgo noescape go_get_many
#cgo nocallback go_get_many
#include <stdlib.h>
#include "drystone.h"

#define GO_BATCH_KEYS 32
#define GO_BATCH_KEY_BYTES 2048
#define GO_BATCH_VALUE_BYTES 256

// A batch of lookups without a pointer in it.
typedef struct go_batch {
  uint32_t count;
  uint32_t key_bytes[GO_BATCH_KEYS];
  uint32_t room[GO_BATCH_KEYS];
  int32_t status[GO_BATCH_KEYS];
  uint64_t value_bytes[GO_BATCH_KEYS];
  uint64_t version[GO_BATCH_KEYS];
  uint8_t keys[GO_BATCH_KEY_BYTES];
  uint8_t values[GO_BATCH_KEYS][GO_BATCH_VALUE_BYTES];
} go_batch;

static dry_status go_get_many(dry_kv_reader *reader, go_batch *batch) {
  dry_kv_lookup lookups[GO_BATCH_KEYS];
  const uint8_t *key = batch->keys;
  for (uint32_t i = 0; i < batch->count; i++) {
    lookups[i].key = key;
    lookups[i].key_bytes = batch->key_bytes[i];
    lookups[i].value = batch->values[i];
    lookups[i].value_capacity = batch->room[i];
    key += batch->key_bytes[i];
  }
  dry_status status = dry_kv_get_many(reader, lookups, batch->count);
  for (uint32_t i = 0; i < batch->count && status == DRY_OK; i++) {
    batch->status[i] = lookups[i].status;
    batch->value_bytes[i] = lookups[i].value_bytes;
    batch->version[i] = lookups[i].version;
  }
  return status;
}
*/
import "C"

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Every call into C is in this file. Handles lie in C memory, since the core may refer to them.

type (
	regionHandle = C.dry_region
	writerHandle = C.dry_kv_writer
	readerHandle = C.dry_kv_reader
)

func init() {
	if s := C.dry_abi_check(C.DRY_ABI); s != statusOK {
		panic("drystone: the C core that is linked is of another version: " + C.GoString(C.dry_version_string()))
	}
}

func coreStatusName(s Status) string { return C.GoString(C.dry_status_name(C.dry_status(s))) }
func coreStatusText(s Status) string { return C.GoString(C.dry_status_text(C.dry_status(s))) }

// failed is nil for success.
func failed(s C.dry_status, detail *C.dry_detail) error {
	if s == statusOK {
		return nil
	}
	return &Error{
		Status:  Status(s),
		Detail:  C.GoString(&detail.text[0]),
		OSError: syscall.Errno(detail.os_error),
		Offset:  uint64(detail.offset),
	}
}

// newHandle is zeroed memory of C's for a handle.
func newHandle[H any]() *H {
	var h H
	return (*H)(C.calloc(1, C.size_t(unsafe.Sizeof(h)))) // cgo's calloc never returns nil: it ends the process
}

func freeHandle[H any](h *H) { C.free(unsafe.Pointer(h)) }

// opened calls fill with a new handle, and frees it where that fails.
func opened[H any](fill func(*H, *C.dry_detail) C.dry_status) (*H, error) {
	handle := newHandle[H]()
	var detail C.dry_detail
	if s := fill(handle, &detail); s != statusOK {
		freeHandle(handle)
		return nil, failed(s, &detail)
	}
	return handle, nil
}

func freeString(s *C.char) { C.free(unsafe.Pointer(s)) }

func flag(on bool, bit uint32) C.uint32_t {
	if on {
		return C.uint32_t(bit)
	}
	return 0
}

// ---- regions ----

func coreRegionOptions(o *CreateOptions, name *C.char) C.dry_region_options {
	options := C.dry_region_options{
		struct_size:   C.sizeof_dry_region_options,
		kind:          C.uint32_t(o.Kind),
		name:          name,
		size_bytes:    C.uint64_t(o.Bytes),
		part_capacity: C.uint32_t(o.PartCapacity),
		permissions:   C.uint32_t(o.Permissions.Perm()),
		flags:         flag(o.Prefault, regionPrefault) | flag(o.HugePages, regionHugePages),
		descriptor:    -1,
		creation_id:   [2]C.uint64_t{C.uint64_t(o.CreationID[0]), C.uint64_t(o.CreationID[1])},
	}
	if o.Descriptor != nil {
		options.descriptor = C.int32_t(o.Descriptor.Fd())
	}
	return options
}

func coreRegionCreate(o *CreateOptions) (*regionHandle, error) {
	name := C.CString(o.Name)
	defer freeString(name)
	options := coreRegionOptions(o, name)
	return opened(func(h *regionHandle, d *C.dry_detail) C.dry_status { return C.dry_region_create(&options, h, d) })
}

func coreRegionOpen(o *OpenOptions) (*regionHandle, error) {
	name := C.CString(o.Name)
	defer freeString(name)
	options := C.dry_region_open_options{
		struct_size: C.sizeof_dry_region_open_options,
		kind:        C.uint32_t(o.Kind),
		name:        name,
		mode:        C.uint32_t(o.Mode),
		flags:       flag(o.Prefault, regionPrefault) | flag(o.HugePages, regionHugePages) | flag(o.TakeOver, regionTakeOver),
		descriptor:  -1,
	}
	if o.Descriptor != nil {
		options.descriptor = C.int32_t(o.Descriptor.Fd())
	}
	return opened(func(h *regionHandle, d *C.dry_detail) C.dry_status { return C.dry_region_open(&options, h, d) })
}

func coreRegionLoad(file string, o *CreateOptions) (*regionHandle, error) {
	name, path := C.CString(o.Name), C.CString(file)
	defer freeString(name)
	defer freeString(path)
	options := coreRegionOptions(o, name)
	return opened(func(h *regionHandle, d *C.dry_detail) C.dry_status { return C.dry_region_load(path, &options, h, d) })
}

func coreRegionUnlink(kind Kind, name string) error {
	text := C.CString(name)
	defer freeString(text)
	var detail C.dry_detail
	return failed(C.dry_region_unlink(C.uint32_t(kind), text, &detail), &detail)
}

func coreRegionClose(h *regionHandle) { C.dry_region_close(h) }

func coreRegionFree(h *regionHandle) {
	C.dry_region_close(h)
	freeHandle(h)
}

func coreRegionSave(h *regionHandle, file string) error {
	path := C.CString(file)
	defer freeString(path)
	var detail C.dry_detail
	return failed(C.dry_region_save(h, path, &detail), &detail)
}

func coreRegionVerify(h *regionHandle) error {
	var detail C.dry_detail
	return failed(C.dry_region_verify(h, &detail), &detail)
}

func coreRegionDescriptor(h *regionHandle) (*os.File, error) {
	var descriptor C.int32_t
	if s := C.dry_region_descriptor(h, &descriptor); s != statusOK {
		return nil, Status(s)
	}
	syscall.ForkLock.RLock() // no child may inherit it in between
	defer syscall.ForkLock.RUnlock()
	duplicate, err := syscall.Dup(int(descriptor))
	if err != nil {
		return nil, &Error{Status: ErrIO, Detail: "the region's descriptor: " + err.Error(), OSError: err.(syscall.Errno)}
	}
	syscall.CloseOnExec(duplicate)
	return os.NewFile(uintptr(duplicate), "drystone region"), nil
}

func coreRegionStats(h *regionHandle) (RegionStats, error) {
	var s C.dry_region_stats
	if status := C.dry_region_get_stats(h, &s); status != statusOK {
		return RegionStats{}, Status(status)
	}
	return RegionStats{
		SizeBytes:    uint64(s.size_bytes),
		UsedBytes:    uint64(s.used_bytes),
		Epoch:        uint64(s.epoch),
		CreationID:   [2]uint64{uint64(s.creation_id[0]), uint64(s.creation_id[1])},
		Kind:         Kind(s.kind),
		Mode:         Mode(s.mode),
		PartCount:    uint32(s.part_count),
		PartCapacity: uint32(s.part_capacity),
		HugePages:    s.huge_pages != 0,
		Sealed:       s.sealed != 0,
	}, nil
}

func coreRegionPartAt(h *regionHandle, index uint32) (Part, Status) {
	var info C.dry_part_info
	if s := C.dry_region_part_at(h, C.uint32_t(index), &info); s != statusOK {
		return Part{}, Status(s)
	}
	part := Part{
		Name:   C.GoStringN(&info.name[0], C.int(info.name_bytes)),
		Kind:   kindOfPart(uint32(info.kind)),
		Offset: uint64(info.offset),
		Bytes:  uint64(info.size_bytes),
	}
	return part, statusOK
}

func kindOfPart(kind uint32) string {
	switch kind {
	case partKV:
		return "kv"
	case partPool:
		return "pool"
	case partIndexMap:
		return "index_map"
	case partSharedPool:
		return "shared_pool"
	}
	return "unknown"
}

// ---- stores ----

// nothing stands for bytes that are not there: C is given their address with length 0.
var nothing [1]byte

func some(b []byte) []byte {
	if len(b) == 0 {
		return nothing[:]
	}
	return b
}

func coreKvOptions(o *KvOptions) C.dry_kv_options {
	options := C.dry_kv_options{
		struct_size: C.sizeof_dry_kv_options,
		layout:      kvLayoutBlocks,
		entries:     C.uint64_t(o.Entries),
		bytes:       C.uint64_t(o.Bytes),
	}
	if o.Seed != nil {
		options.seed, options.has_seed = C.uint64_t(*o.Seed), 1
	}
	return options
}

func coreKvBytes(o *KvOptions) (uint64, error) {
	options := coreKvOptions(o)
	var bytes C.uint64_t
	s := C.dry_kv_required_bytes(&options, &bytes)
	return uint64(bytes), asError(Status(s))
}

func coreKvCreate(region *regionHandle, name string, o *KvOptions) (*writerHandle, error) {
	options, part := coreKvOptions(o), C.CString(name)
	defer freeString(part)
	return opened(func(h *writerHandle, d *C.dry_detail) C.dry_status {
		return C.dry_kv_create(region, part, C.size_t(len(name)), &options, h, d)
	})
}

func coreKvOpen(region *regionHandle, name string) (*writerHandle, error) {
	part := C.CString(name)
	defer freeString(part)
	return opened(func(h *writerHandle, d *C.dry_detail) C.dry_status {
		return C.dry_kv_open(region, part, C.size_t(len(name)), h, d)
	})
}

func coreKvReaderOpen(region *regionHandle, name string, o KvReaderOptions) (*readerHandle, error) {
	part := C.CString(name)
	defer freeString(part)
	return opened(func(h *readerHandle, d *C.dry_detail) C.dry_status {
		return C.dry_kv_reader_open(region, part, C.size_t(len(name)), flag(o.Checked, kvReadChecked), h, d)
	})
}

func coreWriterClose(h *writerHandle) { C.dry_kv_writer_close(h) }

func coreWriterFree(h *writerHandle) {
	C.dry_kv_writer_close(h)
	freeHandle(h)
}

func coreReaderFree(h *readerHandle) {
	C.dry_kv_reader_close(h)
	freeHandle(h)
}

// coreReaderGeometry is what reads in Go need to know. The core checked it when it opened the reader.
func coreReaderGeometry(h *readerHandle) *readerCore {
	return &readerCore{
		span:      span{unsafe.Pointer(h.part)},
		closed:    (*uint32)(unsafe.Pointer(h.closed)),
		hashState: uint64(h.seed), // the core keeps it premixed
		groups:    uint64(h.group_count),
		control:   uint64(h.control_offset),
		slots:     uint64(h.slots_offset),
		heap:      uint64(h.heap_offset),
		heapEnd:   uint64(h.heap_end),
	}
}

func corePut(h *writerHandle, key, value []byte) (uint64, Status) {
	var version C.uint64_t
	k, v := some(key), some(value)
	s := C.dry_kv_put(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), unsafe.Pointer(&v[0]), C.size_t(len(value)), &version)
	return uint64(version), Status(s)
}

func corePutNew(h *writerHandle, key, value []byte) (uint64, Status) {
	var version C.uint64_t
	k, v := some(key), some(value)
	s := C.dry_kv_put_new(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), unsafe.Pointer(&v[0]), C.size_t(len(value)),
		&version)
	return uint64(version), Status(s)
}

func coreReplace(h *writerHandle, key, value []byte, old uint64) (uint64, Status) {
	var version C.uint64_t
	k, v := some(key), some(value)
	s := C.dry_kv_replace(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), unsafe.Pointer(&v[0]), C.size_t(len(value)),
		C.uint64_t(old), &version)
	return uint64(version), Status(s)
}

func coreDelete(h *writerHandle, key []byte) (uint64, Status) {
	var version C.uint64_t
	k := some(key)
	s := C.dry_kv_delete(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), &version)
	return uint64(version), Status(s)
}

func coreTryGet(h *readerHandle, key, dst []byte, bound uint32) (n int, version uint64, attempts uint32, s Status) {
	var size C.size_t
	var number C.uint64_t
	var count C.uint32_t
	k, d := some(key), some(dst)
	status := C.dry_kv_try_get(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), unsafe.Pointer(&d[0]), C.size_t(len(dst)),
		C.uint32_t(bound), &size, &number, &count)
	return int(size), uint64(number), uint32(count), Status(status)
}

func coreContains(h *readerHandle, key []byte) Status {
	var found C.uint32_t
	k := some(key)
	s := Status(C.dry_kv_contains(h, unsafe.Pointer(&k[0]), C.size_t(len(key)), &found))
	if s == statusOK && found == 0 {
		return statusNotFound
	}
	return s
}

var batches = sync.Pool{New: func() any { return new(C.go_batch) }}

// coreGetMany looks a batch of at most batchKeys keys up in one call. It is false where that cannot be: a key is out of
// range, the keys are too long together, or the reader was closed meanwhile; then nothing was done. A value that has no
// room in the batch is ErrTooLarge, whatever the caller's buffer.
func coreGetMany(h *readerHandle, lookups []Lookup) bool {
	batch := batches.Get().(*C.go_batch)
	defer batches.Put(batch)
	if !packBatch(batch, lookups) || C.go_get_many(h, batch) != statusOK {
		return false
	}
	for i := range lookups {
		l := &lookups[i]
		l.N, l.Version = int(batch.value_bytes[i]), uint64(batch.version[i])
		s := Status(batch.status[i])
		if s == statusOK {
			copy(l.Buffer, bytesOf(batch.values[i][:])[:l.N])
		}
		l.Err = asError(s)
	}
	return true
}

func packBatch(batch *C.go_batch, lookups []Lookup) bool {
	batch.count = C.uint32_t(len(lookups))
	keys := bytesOf(batch.keys[:])
	for i := range lookups {
		key := lookups[i].Key
		if len(key) == 0 || len(key) > len(keys) {
			return false
		}
		keys = keys[copy(keys, key):]
		batch.key_bytes[i] = C.uint32_t(len(key))
		batch.room[i] = C.uint32_t(min(len(lookups[i].Buffer), len(batch.values[i])))
	}
	return true
}

func bytesOf(b []C.uint8_t) []byte { return unsafe.Slice((*byte)(&b[0]), len(b)) }

// The two numbers of keys are one.
var _ = [1]struct{}{}[C.GO_BATCH_KEYS-batchKeys]

// coreNext copies the next entry; see dry_kv_next.
func coreNext(h *readerHandle, cursor uint64, key, value []byte) (next uint64, keyBytes, valueBytes int, version uint64, s Status) {
	at := C.uint64_t(cursor)
	var keySize, valueSize C.size_t
	var number C.uint64_t
	k, v := some(key), some(value)
	status := C.dry_kv_next(h, &at, unsafe.Pointer(&k[0]), C.size_t(len(key)), &keySize, unsafe.Pointer(&v[0]),
		C.size_t(len(value)), &valueSize, &number)
	return uint64(at), int(keySize), int(valueSize), uint64(number), Status(status)
}

func coreReaderStats(h *readerHandle) (KvStats, Status) {
	var s C.dry_kv_stats
	status := C.dry_kv_get_stats(h, &s)
	return KvStats{
		Entries:      uint64(s.entries),
		Capacity:     uint64(s.capacity),
		DataBytes:    uint64(s.data_bytes),
		DataCapacity: uint64(s.data_capacity_bytes),
		Version:      uint64(s.version),
		Relocation:   uint64(s.relocation),
		SizeBytes:    uint64(s.size_bytes),
	}, Status(status)
}

func coreReaderRetries(h *readerHandle) uint64 { return uint64(C.dry_kv_reader_retries(h)) }

func coreReaderVerify(h *readerHandle) error {
	var detail C.dry_detail
	return failed(C.dry_kv_verify(h, &detail), &detail)
}

// coreHash is here for the test that holds Hash to it: import "C" is not allowed in tests.
func coreHash(key []byte, seed uint64) uint64 {
	k := some(key)
	return uint64(C.dry_kv_hash(unsafe.Pointer(&k[0]), C.size_t(len(key)), C.uint64_t(seed)))
}
