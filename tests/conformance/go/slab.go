// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "example.org/drystone/bindings/go"

var slabOperations = map[string]operation{
	"slab.create": {as: optional, arguments: []argument{integerOf("bytes")}, run: slabCreate},
	"slab.alloc": {on: required, as: optional, arguments: []argument{integerOf("size")},
		results: resultsOf(integerResult, "class"), run: slabAlloc},
	"slab.free": {on: required, run: slabFree},
	"slab.stats": {on: required, results: map[string]resultType{"classes": classesResult, "fallbacks": integerResult,
		"in_use": integerResult}, run: slabStats},
	"slab.close": {on: required, run: func(w *world, s *step) object { return outcome(acted[*drystone.Slab](w, s).Close()) }},
}

// slabObject is what a slab gave.
type slabObject struct {
	slab   *drystone.Slab
	memory []byte
	freed  bool
}

func slabCreate(w *world, s *step) object {
	if result := s.refused(); result != nil {
		return result
	}
	slab, err := drystone.NewSlab(drystone.SlabOptions{Bytes: s.integers["bytes"].bits})
	return w.add(s, slab, err)
}

func slabAlloc(w *world, s *step) object {
	slab := acted[*drystone.Slab](w, s)
	_, closed := slab.Stats()
	if refused := s.refusedBy(closed, false); refused != nil {
		return refused
	}
	memory, class, err := slab.Alloc(s.integers["size"].bits)
	if err != nil {
		return failure(err)
	}
	w.add(s, &slabObject{slab: slab, memory: memory}, nil)
	return object{"class": unsigned(class)}
}

// slabFree answers itself for what was freed before: its address may be another object's by now.
func slabFree(w *world, s *step) object {
	o := acted[*slabObject](w, s)
	if _, closed := o.slab.Stats(); closed != nil {
		return failure(closed)
	}
	if o.freed {
		return failure(drystone.ErrStale)
	}
	err := o.slab.Free(o.memory)
	o.freed = err == nil
	return outcome(err)
}

func slabStats(w *world, s *step) object {
	stats, err := acted[*drystone.Slab](w, s).Stats()
	if err != nil {
		return failure(err)
	}
	classes := []any{}
	for _, class := range stats.Classes {
		classes = append(classes, object{"in_use": unsigned(class.InUse), "size": unsigned(class.Size)})
	}
	return object{"classes": classes, "fallbacks": unsigned(stats.Fallbacks), "in_use": unsigned(stats.InUse)}
}
