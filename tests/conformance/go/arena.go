// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "example.org/drystone/bindings/go"

var arenaOperations = map[string]operation{
	"arena.create": {as: optional, arguments: []argument{integerOf("capacity"), perhaps(choiceOf("overflow", "error", "fallback"))},
		run: arenaCreate},
	"arena.alloc": {on: required, arguments: []argument{integerOf("size"), integerOf("align")},
		results: resultsOf(offsetResult, "offset"), run: arenaAlloc},
	"arena.mark":   {on: required, results: resultsOf(integerResult, "mark"), run: arenaMark},
	"arena.rewind": {on: required, arguments: []argument{integerOf("mark")}, run: arenaRewind},
	"arena.reset":  {on: required, run: func(w *world, s *step) object { return outcome(acted[*drystone.Arena](w, s).Reset()) }},
	"arena.stats": {on: required, results: resultsOf(integerResult, "allocations", "capacity", "failures", "fallbacks", "peak",
		"used"), run: arenaStats},
	"arena.close": {on: required, run: func(w *world, s *step) object { return outcome(acted[*drystone.Arena](w, s).Close()) }},
}

func arenaCreate(w *world, s *step) object {
	if result := s.refused(); result != nil {
		return result
	}
	options := drystone.ArenaOptions{Capacity: s.integers["capacity"].bits}
	if s.texts["overflow"] == "fallback" {
		options.Overflow = drystone.OverflowFallback
	}
	arena, err := drystone.NewArena(options)
	return w.add(s, arena, err)
}

// openArena is the arena that a step acts on, or why it cannot.
func openArena(w *world, s *step) (*drystone.Arena, object) {
	arena := acted[*drystone.Arena](w, s)
	_, closed := arena.Stats()
	return arena, s.refusedBy(closed, false)
}

func arenaAlloc(w *world, s *step) object {
	arena, refused := openArena(w, s)
	if refused != nil {
		return refused
	}
	memory, err := arena.Alloc(s.integers["size"].bits, s.integers["align"].bits)
	if err != nil {
		return failure(err)
	}
	if offset, inside := arena.Offset(memory); inside {
		return object{"offset": unsigned(offset)}
	}
	return object{"offset": nil}
}

func arenaMark(w *world, s *step) object {
	mark, err := acted[*drystone.Arena](w, s).Mark()
	if err != nil {
		return failure(err)
	}
	return object{"mark": unsigned(mark)}
}

func arenaRewind(w *world, s *step) object {
	arena, refused := openArena(w, s)
	if refused != nil {
		return refused
	}
	return outcome(arena.Rewind(s.integers["mark"].bits))
}

func arenaStats(w *world, s *step) object {
	stats, err := acted[*drystone.Arena](w, s).Stats()
	if err != nil {
		return failure(err)
	}
	return object{"allocations": unsigned(stats.Allocations), "capacity": unsigned(stats.Capacity),
		"failures": unsigned(stats.Failures), "fallbacks": unsigned(stats.Fallbacks), "peak": unsigned(stats.Peak),
		"used": unsigned(stats.Used)}
}
