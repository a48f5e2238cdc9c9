// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"math"

	"example.org/drystone/bindings/go"
)

var indexMapOperations = map[string]operation{
	"index_map.create": {as: optional, in: optional, arguments: []argument{integerOf("capacity"), perhaps(nameOf("part"))},
		run: indexMapCreate},
	"index_map.open":     {as: optional, in: required, arguments: []argument{nameOf("part")}, run: indexMapOpen},
	"index_map.acquire":  {on: required, results: resultsOf(integerResult, "index"), run: indexMapAcquire},
	"index_map.release":  {on: required, arguments: []argument{integerOf("index")}, run: indexMapRelease},
	"index_map.contains": {on: required, arguments: []argument{integerOf("index")}, results: resultsOf(booleanResult, "used"), run: indexMapContains},
	"index_map.list":     {on: required, results: resultsOf(indicesResult, "indices"), run: indexMapList},
	"index_map.stats":    {on: required, results: resultsOf(integerResult, "capacity", "in_use"), run: indexMapStats},
	"index_map.close":    {on: required, run: func(w *world, s *step) object { return outcome(acted[*indexMapObject](w, s).Close()) }},
}

type indexMapObject struct {
	*drystone.IndexMap
	readOnly bool
}

func indexMapCreate(w *world, s *step) object {
	options := drystone.IndexMapOptions{Capacity: s.integers["capacity"].bits}
	if s.in == "" {
		if result := s.refused(); result != nil {
			return result
		}
		indices, err := drystone.NewIndexMap(options)
		return w.add(s, &indexMapObject{indices, false}, err)
	}
	region := w.region(s.in)
	_, closed := region.region.Stats()
	if refused := s.refusedBy(closed, false); refused != nil {
		return refused
	}
	indices, err := region.region.CreateIndexMap(s.texts["part"], options)
	return w.add(s, &indexMapObject{indices, false}, err)
}

func indexMapOpen(w *world, s *step) object {
	region := w.region(s.in)
	indices, err := region.region.OpenIndexMap(s.texts["part"])
	return w.add(s, &indexMapObject{indices, !region.writing}, err)
}

// openIndexMap is the index map that a step acts on, or why it cannot.
func openIndexMap(w *world, s *step, changes bool) (*indexMapObject, object) {
	indices := acted[*indexMapObject](w, s)
	_, closed := indices.Stats()
	refused := s.refusedBy(closed, changes && indices.readOnly)
	if refused == nil && s.integers["index"].bits > math.MaxUint32 {
		refused = failure(drystone.ErrInvalidArgument)
	}
	return indices, refused
}

func indexMapAcquire(w *world, s *step) object {
	indices, refused := openIndexMap(w, s, true)
	if refused != nil {
		return refused
	}
	index, err := indices.Acquire()
	if err != nil {
		return failure(err)
	}
	return object{"index": unsigned(uint64(index))}
}

func indexMapRelease(w *world, s *step) object {
	indices, refused := openIndexMap(w, s, true)
	if refused != nil {
		return refused
	}
	return outcome(indices.Release(uint32(s.integers["index"].bits)))
}

func indexMapContains(w *world, s *step) object {
	indices, refused := openIndexMap(w, s, false)
	if refused != nil {
		return refused
	}
	used, err := indices.Contains(uint32(s.integers["index"].bits))
	if err != nil {
		return failure(err)
	}
	return object{"used": used}
}

func indexMapList(w *world, s *step) object {
	list := []any{}
	for index, err := range acted[*indexMapObject](w, s).All() {
		if err != nil {
			return failure(err)
		}
		list = append(list, unsigned(uint64(index)))
	}
	return object{"indices": list}
}

func indexMapStats(w *world, s *step) object {
	stats, err := acted[*indexMapObject](w, s).Stats()
	if err != nil {
		return failure(err)
	}
	return object{"capacity": unsigned(stats.Capacity), "in_use": unsigned(stats.InUse)}
}
