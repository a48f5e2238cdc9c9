//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func newTestIndexMap(t testing.TB, capacity uint64) *IndexMap {
	t.Helper()
	indices, err := NewIndexMap(IndexMapOptions{Capacity: capacity})
	ok(t, err)
	t.Cleanup(func() { indices.Close() })
	return indices
}

func TestIndexMapGivesTheLowestFree(t *testing.T) {
	indices := newTestIndexMap(t, 200)
	many := make([]uint32, 200)
	ok(t, indices.AcquireMany(many))
	if !slices.IsSorted(many) || many[199] != 199 {
		t.Error(many)
	}
	_, err := indices.Acquire()
	wants(t, err, ErrFull)
	wants(t, indices.AcquireMany(many[:1]), ErrFull)
	for _, index := range []uint32{150, 3, 77} {
		ok(t, indices.Release(index))
	}
	if index := acquires(t, indices); index != 3 {
		t.Error(index)
	}
	if next, err := indices.NextFree(78); err != nil || next != 150 {
		t.Error(next, err)
	}
	if next, err := indices.NextUsed(77); err != nil || next != 78 {
		t.Error(next, err)
	}
	_, err = indices.NextUsed(200)
	wants(t, err, ErrNotFound)
	wants(t, indices.Release(77), ErrStale)
	wants(t, indices.Release(200), ErrInvalidArgument)
	wants(t, indices.AcquireAt(78), ErrAlreadyExists)
	wants(t, indices.AcquireAt(200), ErrInvalidArgument)
	_, err = indices.Contains(200)
	wants(t, err, ErrInvalidArgument)
	ok(t, indices.AcquireAt(77))
	stats, err := indices.Stats()
	ok(t, err)
	if stats.Capacity != 200 || stats.InUse != 199 || stats.Failures != 2 {
		t.Errorf("%+v", stats)
	}
	ok(t, indices.Validate())
	ok(t, indices.Repair())
	ok(t, indices.Reset())
	for index, err := range indices.All() {
		t.Error(index, err)
	}
}

func TestIndexMapOptionsAreChecked(t *testing.T) {
	_, err := NewIndexMap(IndexMapOptions{})
	wants(t, err, ErrInvalidArgument)
	_, err = NewIndexMap(IndexMapOptions{Capacity: 16_777_217})
	wants(t, err, ErrTooLarge)
	_, err = IndexMapBytes(IndexMapOptions{})
	wants(t, err, ErrInvalidArgument)
	if bytes, err := IndexMapBytes(IndexMapOptions{Capacity: 16_777_216}); err != nil || bytes < 16_777_216/8 {
		t.Error(bytes, err)
	}
}

func TestIndexMapAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 4))
	const capacity = 5000
	indices := newTestIndexMap(t, capacity)
	var taken [capacity]bool
	lowest := func() int { return slices.Index(taken[:], false) }
	for range scale(20_000) {
		index := random.IntN(capacity)
		switch random.IntN(5) {
		case 0, 1, 2:
			want := lowest()
			got, err := indices.Acquire()
			if want < 0 {
				wants(t, err, ErrFull)
				continue
			}
			if err != nil || int(got) != want {
				t.Fatalf("index %d, %v, not %d", got, err, want)
			}
			taken[got] = true
		case 3:
			if err := indices.Release(uint32(index)); (err == nil) != taken[index] || err != nil && !errors.Is(err, ErrStale) {
				t.Fatal(index, err)
			}
			taken[index] = false
		case 4:
			if err := indices.AcquireAt(uint32(index)); (err == nil) == taken[index] {
				t.Fatal(index, err)
			}
			taken[index] = true
		}
	}
	var want, got []uint32
	for i, is := range taken {
		if is {
			want = append(want, uint32(i))
		}
	}
	for index, err := range indices.All() {
		ok(t, err)
		got = append(got, index)
	}
	if !slices.Equal(got, want) {
		t.Error("the taken indices are not those of the model")
	}
	ok(t, indices.Validate())
}
