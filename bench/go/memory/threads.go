// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Objects that several goroutines, each with a thread of its own, take and give back: each its own, each the other's, or
// one for the other.

// channel is a queue between two goroutines that carries bursts; it costs every subject the same.
type channel[T any] struct {
	sent     atomic.Uint64
	_        [120]byte
	received atomic.Uint64
	_        [120]byte
	bursts   [channelBursts][burst]T
}

const channelBursts = 64

func (c *channel[T]) send(objects *[burst]T) {
	at := c.sent.Load()
	for at-c.received.Load() == channelBursts {
		runtime.Gosched()
	}
	c.bursts[at%channelBursts] = *objects
	c.sent.Store(at + 1)
}

func (c *channel[T]) receive(objects *[burst]T) {
	at := c.received.Load()
	for at == c.sent.Load() {
		runtime.Gosched()
	}
	*objects = c.bursts[at%channelBursts]
	c.received.Store(at + 1)
}

// objectsAThread is a full channel, a burst in each hand, and what caches keep back.
const objectsAThread = (channelBursts+4)*burst + 256

// passOn takes where there is a way out, and gives back where there is a way in.
func passOn[T any, P pool[T]](p P, out, in *channel[T], bursts int) (wrong uint64) {
	var live [burst]T
	for ; bursts > 0; bursts-- {
		if out != nil {
			for i := range live {
				live[i] = p.take(i)
				p.at(live[i]).write(uint64(i))
			}
			out.send(&live)
		}
		if in != nil {
			in.receive(&live)
			for i := range live {
				wrong |= p.at(live[i]).unlike(uint64(i))
				p.give(live[i])
			}
		}
	}
	return wrong
}

// together runs the bodies at once.
func together(bodies []func() uint64) (wrong uint64) {
	var ready atomic.Int64
	var wrongs atomic.Uint64
	var all sync.WaitGroup
	start := make(chan struct{})
	for _, body := range bodies {
		all.Add(1)
		go func() {
			defer all.Done()
			ready.Add(1)
			<-start
			wrongs.Or(body())
		}()
	}
	for ready.Load() != int64(len(bodies)) {
		runtime.Gosched()
	}
	close(start)
	all.Wait()
	return wrongs.Load()
}

// shared is what many work on: each through a pool of its own.
type shared[P any] struct {
	local func() P
	close func()
}

const threadBursts = 4096

func addShared[T any, P pool[T]](s *session, open func(count int) shared[P]) {
	count := 8 * objectsAThread
	for _, way := range []struct {
		operation string
		threads   int
		bodies    func(locals []P) []func() uint64
	}{
		{"shared_own", 2, ownBodies[T, P]},
		{"shared_other", 2, otherBodies[T, P]},
		{"shared_hand_over", 2, handOverBodies[T, P]},
		{"shared_own_4", 4, ownBodies[T, P]},
		{"shared_own_8", 8, ownBodies[T, P]},
	} {
		s.run(way.operation, max(way.threads, runtime.NumCPU()), func() pattern {
			all := open(count)
			return pattern{threadBursts * burst, func(c *clock) uint64 {
				c.stop()
				var locals []P
				for range way.threads {
					locals = append(locals, all.local())
				}
				bodies := way.bodies(locals)
				c.start()
				wrong := together(bodies)
				c.stop()
				for _, local := range locals {
					local.close()
				}
				c.start()
				return wrong
			}, func() uint64 { all.close(); return 0 }}
		})
	}
	ownTail[T](s, func() shared[P] { return open(count) })
}

func ownBodies[T any, P pool[T]](locals []P) (bodies []func() uint64) {
	for _, local := range locals {
		bodies = append(bodies, func() uint64 { return burstPass[T](local, false, threadBursts, 0) })
	}
	return bodies
}

func otherBodies[T any, P pool[T]](locals []P) []func() uint64 {
	there, back := new(channel[T]), new(channel[T])
	return []func() uint64{
		func() uint64 { return passOn(locals[0], there, back, threadBursts) },
		func() uint64 { return passOn(locals[1], back, there, threadBursts) },
	}
}

func handOverBodies[T any, P pool[T]](locals []P) []func() uint64 {
	there := new(channel[T])
	return []func() uint64{
		func() uint64 { return passOn(locals[0], there, nil, threadBursts) },
		func() uint64 { return passOn(locals[1], nil, there, threadBursts) },
	}
}
