// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"math"

	"example.org/drystone/bindings/go"
)

// slots are a pool, or a shared pool.
type slots interface {
	acquire() (uint32, error)
	release(slot uint32) error
	ReleaseAt(offset uint64) error
	Fill(slot uint32, with byte) error
	Read(slot uint32, at uint64, dst []byte) error
	Reset() error
	Close() error
	facts() (slotFacts, error)
	readOnly() bool
}

type slotFacts struct {
	objectBytes, stride, capacity, inUse, failures uint64
	peak                                           *uint64 // of a pool
}

type slotOptions struct {
	objectBytes, capacity, align uint64
	flags                        drystone.MemoryFlags
}

// slotKind is how one of the two is made. A nil region is private memory.
type slotKind struct {
	create func(region *drystone.Region, part string, options slotOptions) (slots, error)
	open   func(region *drystone.Region, part string, readOnly bool) (slots, error)
	is     func(slots) bool
	stats  []string
}

// slotOperations are those of one kind, which do the same for both.
func slotOperations(name string, kind slotKind) map[string]operation {
	slotOf := integerOf("slot")
	on := func(changes bool, run func(slots, *step) object) func(*world, *step) object {
		return func(w *world, s *step) object {
			pool := acted[slots](w, s)
			if !kind.is(pool) {
				refuse("%q is nothing for %s that was made", s.on, s.do)
			}
			_, closed := pool.facts()
			if refused := s.refusedBy(closed, changes && pool.readOnly()); refused != nil {
				return refused
			}
			return run(pool, s)
		}
	}
	closes := func(w *world, s *step) object {
		pool := acted[slots](w, s)
		if !kind.is(pool) {
			refuse("%q is nothing for %s that was made", s.on, s.do)
		}
		return outcome(pool.Close())
	}
	return map[string]operation{
		name + ".create": {as: optional, in: optional, arguments: []argument{integerOf("object_size"), integerOf("capacity"),
			perhaps(integerOf("align")), perhaps(argument{name: "zero_on_free", kind: booleanArgument}), perhaps(nameOf("part"))},
			run: func(w *world, s *step) object { return slotsCreate(w, s, kind) }},
		name + ".open": {as: optional, in: required, arguments: []argument{nameOf("part")}, run: func(w *world, s *step) object {
			region := w.region(s.in)
			pool, err := kind.open(region.region, s.texts["part"], !region.writing)
			return w.add(s, pool, err)
		}},
		name + ".alloc":   {on: required, results: resultsOf(integerResult, "slot"), run: on(true, slotsAlloc)},
		name + ".free":    {on: required, arguments: []argument{slotOf}, run: on(true, slotsFree)},
		name + ".free_at": {on: required, arguments: []argument{integerOf("offset")}, run: on(true, slotsFreeAt)},
		name + ".fill":    {on: required, arguments: []argument{slotOf, integerOf("byte")}, run: on(true, slotsFill)},
		name + ".read": {on: required, arguments: []argument{slotOf, integerOf("at"), integerOf("length")},
			results: resultsOf(bytesResult, "bytes"), run: on(false, slotsRead)},
		name + ".reset": {on: required, run: on(true, func(pool slots, _ *step) object { return outcome(pool.Reset()) })},
		name + ".stats": {on: required, results: resultsOf(integerResult, kind.stats...), run: on(false, slotsStats)},
		name + ".close": {on: required, run: closes},
	}
}

func slotsCreate(w *world, s *step, kind slotKind) object {
	var region *drystone.Region
	if s.in != "" {
		in := w.region(s.in)
		if in.isClosed() {
			return failure(drystone.ErrClosed)
		}
		region = in.region
	}
	if result := s.refused(); result != nil {
		return result
	}
	align, given := s.integers["align"]
	if given && align.bits == 0 {
		return failure(drystone.ErrInvalidArgument) // to the library it means none given
	}
	options := slotOptions{objectBytes: s.integers["object_size"].bits, capacity: s.integers["capacity"].bits, align: align.bits}
	if s.booleans["zero_on_free"] {
		options.flags = drystone.MemoryWipe
	}
	pool, err := kind.create(region, s.texts["part"], options)
	return w.add(s, pool, err)
}

func slotsAlloc(pool slots, _ *step) object {
	slot, err := pool.acquire()
	if err != nil {
		return failure(err)
	}
	return object{"slot": unsigned(uint64(slot))}
}

// slotOf is the argument "slot", or false where it is beyond what any pool has.
func slotOf(s *step) (uint32, bool) {
	slot := s.integers["slot"].bits
	return uint32(slot), slot <= math.MaxUint32
}

func slotsFree(pool slots, s *step) object {
	slot, possible := slotOf(s)
	if !possible {
		return failure(drystone.ErrForeign)
	}
	return outcome(pool.release(slot))
}

func slotsFreeAt(pool slots, s *step) object {
	return outcome(pool.ReleaseAt(s.integers["offset"].bits))
}

func slotsFill(pool slots, s *step) object {
	with := s.integers["byte"].bits
	if with > math.MaxUint8 {
		return failure(drystone.ErrInvalidArgument)
	}
	slot, possible := slotOf(s)
	if !possible {
		return failure(drystone.ErrForeign)
	}
	return outcome(pool.Fill(slot, byte(with)))
}

func slotsRead(pool slots, s *step) object {
	slot, possible := slotOf(s)
	if !possible {
		return failure(drystone.ErrForeign)
	}
	facts, err := pool.facts()
	if err != nil {
		return failure(err)
	}
	bytes := make([]byte, min(s.integers["length"].bits, facts.objectBytes+1)) // enough to be too many
	if err := pool.Read(slot, s.integers["at"].bits, bytes); err != nil {
		return failure(err)
	}
	return object{"bytes": canonicalBytes(bytes)}
}

func slotsStats(pool slots, _ *step) object {
	facts, err := pool.facts()
	if err != nil {
		return failure(err)
	}
	result := object{"capacity": unsigned(facts.capacity), "failures": unsigned(facts.failures), "in_use": unsigned(facts.inUse),
		"object_size": unsigned(facts.objectBytes), "stride": unsigned(facts.stride)}
	if facts.peak != nil {
		result["peak"] = unsigned(*facts.peak)
	}
	return result
}
