// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"math"

	"example.org/drystone/bindings/go"
)

var bufferOperations = map[string]operation{
	"buffer_pool.create":  {as: optional, arguments: []argument{integerOf("elements"), integerOf("blocks")}, run: bufferPoolCreate},
	"buffer_pool.acquire": {on: required, as: optional, run: bufferPoolAcquire},
	"buffer_pool.stats":   {on: required, results: resultsOf(integerResult, "blocks", "elements", "in_use"), run: bufferPoolStats},
	"buffer_pool.close": {on: required, run: func(w *world, s *step) object {
		return outcome(acted[*drystone.BufferPool[uint32]](w, s).Close())
	}},
	"buffer.set": {on: required, arguments: []argument{integerOf("at"), integerOf("value")}, run: bufferSet},
	"buffer.get": {on: required, arguments: []argument{integerOf("at")}, results: resultsOf(integerResult, "value"), run: bufferGet},
	"buffer.release": {on: required, run: func(w *world, s *step) object {
		return outcome(acted[*bufferObject](w, s).buffer.Release())
	}},
}

type bufferObject struct {
	buffer drystone.Buffer[uint32]
	pool   *drystone.BufferPool[uint32]
}

func bufferPoolCreate(w *world, s *step) object {
	if result := s.refused(); result != nil {
		return result
	}
	pool, err := drystone.NewBufferPool[uint32](drystone.BufferPoolOptions{Elements: s.integers["elements"].bits,
		Blocks: s.integers["blocks"].bits})
	return w.add(s, pool, err)
}

func bufferPoolAcquire(w *world, s *step) object {
	pool := acted[*drystone.BufferPool[uint32]](w, s)
	buffer, err := pool.Acquire()
	return w.add(s, &bufferObject{buffer, pool}, err)
}

func bufferPoolStats(w *world, s *step) object {
	stats, err := acted[*drystone.BufferPool[uint32]](w, s).Stats()
	if err != nil {
		return failure(err)
	}
	return object{"blocks": unsigned(stats.Blocks), "elements": unsigned(stats.Elements), "in_use": unsigned(stats.InUse)}
}

// openBuffer is the buffer that a step acts on and the place in it, or why it cannot. A place beyond an int is beyond any
// buffer.
func openBuffer(w *world, s *step) (b drystone.Buffer[uint32], at int, refused object) {
	o := acted[*bufferObject](w, s)
	_, closed := o.pool.Stats()
	return o.buffer, int(min(s.integers["at"].bits, math.MaxInt)), s.refusedBy(closed, false)
}

func bufferSet(w *world, s *step) object {
	buffer, at, refused := openBuffer(w, s)
	if refused != nil {
		return refused
	}
	value := s.integers["value"].bits
	if value > math.MaxUint32 {
		return failure(drystone.ErrInvalidArgument)
	}
	return outcome(buffer.Set(at, uint32(value)))
}

func bufferGet(w *world, s *step) object {
	buffer, at, refused := openBuffer(w, s)
	if refused != nil {
		return refused
	}
	value, err := buffer.Get(at)
	if err != nil {
		return failure(err)
	}
	return object{"value": unsigned(uint64(value))}
}
