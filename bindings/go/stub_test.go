//go:build !cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"strings"
	"testing"
)

func TestWithoutCgoItSaysWhatIsMissing(t *testing.T) {
	_, created := Create(CreateOptions{Kind: Memory, Bytes: 1 << 16})
	_, opened := Open(OpenOptions{Kind: File, Name: "region", Mode: ReadOnly})
	_, loaded := Load("image", CreateOptions{Kind: Memory})
	_, sized := KvBytes(KvOptions{Entries: 1, Bytes: 1})
	_, arena := NewArena(ArenaOptions{Capacity: 1})
	_, scratch := NewScratch(ScratchOptions{})
	_, slab := NewSlab(SlabOptions{Bytes: 4096})
	_, pool := NewPool(PoolOptions{ObjectBytes: 1, Capacity: 1})
	_, poolSized := PoolBytes(PoolOptions{ObjectBytes: 1, Capacity: 1})
	_, shared := NewSharedPool(SharedPoolOptions{ObjectBytes: 1, Capacity: 1})
	_, indices := NewIndexMap(IndexMapOptions{Capacity: 1})
	_, buffers := NewBufferPool[int32](BufferPoolOptions{Elements: 1, Blocks: 1})
	_, objects := NewObjectPool[int](ObjectPoolOptions{Capacity: 1}, nil)
	for _, err := range []error{created, opened, loaded, sized, Unlink(File, "region"), arena, scratch, slab, pool, poolSized,
		shared, indices, buffers, objects} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
			t.Errorf("%v does not say what is missing", err)
		}
	}
}

func TestHashNeedsNoCgo(t *testing.T) {
	if Hash([]byte("key"), 1) == Hash([]byte("key"), 2) {
		t.Error("two seeds give one hash")
	}
}
