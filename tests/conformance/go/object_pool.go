// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"fmt"

	"example.org/drystone/bindings/go"
)

var objectOperations = map[string]operation{
	"object_pool.create":  {as: optional, arguments: []argument{integerOf("capacity")}, run: objectPoolCreate},
	"object_pool.acquire": {on: required, as: optional, arguments: []argument{nameOf("value")}, run: objectPoolAcquire},
	"object_pool.stats":   {on: required, results: resultsOf(integerResult, "capacity", "destroyed", "in_use"), run: objectPoolStats},
	"object_pool.close":   {on: required, results: resultsOf(integerResult, "destroyed"), run: objectPoolClose},
	"object.get":          {on: required, results: resultsOf(bytesResult, "value"), run: objectGet},
	"object.set": {on: required, arguments: []argument{nameOf("value")}, run: func(w *world, s *step) object {
		return outcome(acted[drystone.Object[string]](w, s).Set(s.texts["value"]))
	}},
	"object.release": {on: required, run: func(w *world, s *step) object {
		return outcome(acted[drystone.Object[string]](w, s).Release())
	}},
}

// objectPool counts what was destroyed by itself.
type objectPool struct {
	*drystone.ObjectPool[string]
	destroyed uint64
}

// agrees ends the runner where the library counted otherwise.
func agrees(counted, library uint64) {
	if counted != library {
		check(fmt.Errorf("%d destructors ran where the library counts %d", counted, library))
	}
}

func objectPoolCreate(w *world, s *step) object {
	if result := s.refused(); result != nil {
		return result
	}
	made := new(objectPool)
	pool, err := drystone.NewObjectPool(drystone.ObjectPoolOptions{Capacity: s.integers["capacity"].bits},
		func(*string) { made.destroyed++ })
	made.ObjectPool = pool
	return w.add(s, made, err)
}

func objectPoolAcquire(w *world, s *step) object {
	object, err := acted[*objectPool](w, s).Acquire(s.texts["value"])
	return w.add(s, object, err)
}

func objectPoolStats(w *world, s *step) object {
	pool := acted[*objectPool](w, s)
	stats, err := pool.Stats()
	if err != nil {
		return failure(err)
	}
	agrees(pool.destroyed, stats.Destroyed)
	return object{"capacity": unsigned(stats.Capacity), "destroyed": unsigned(pool.destroyed), "in_use": unsigned(stats.InUse)}
}

func objectPoolClose(w *world, s *step) object {
	pool := acted[*objectPool](w, s)
	before := pool.destroyed
	library := pool.CloseCounting()
	agrees(pool.destroyed-before, library)
	return object{"destroyed": unsigned(pool.destroyed - before)}
}

func objectGet(w *world, s *step) object {
	value, err := acted[drystone.Object[string]](w, s).Get()
	if err != nil {
		return failure(err)
	}
	return object{"value": canonicalBytes([]byte(*value))}
}
