//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"example.org/drystone/bindings/go"
)

// A worked example: the state of actors, which come and go while messages to them are on their way. An actor's address is
// its handle, so a message to one that has gone never reaches the one that has its slot now.

type actor struct {
	name     int
	received []int
}

type message struct {
	to   drystone.Object[actor]
	name int // whom it is meant for
	text int
}

func TestActorState(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 7))
	ended := map[int][]int{}
	actors, err := drystone.NewObjectPool(drystone.ObjectPoolOptions{Capacity: 100}, func(a *actor) {
		if _, twice := ended[a.name]; twice {
			t.Errorf("actor %d ended twice", a.name)
		}
		ended[a.name] = a.received
	})
	must(t, err)
	live := map[int]drystone.Object[actor]{}
	var mail []message
	delivered := map[int]int{}
	spawned, lost := 0, 0
	for range 20_000 {
		switch random.IntN(4) {
		case 0:
			address, err := actors.Acquire(actor{name: spawned})
			if errors.Is(err, drystone.ErrFull) {
				continue
			}
			must(t, err)
			live[spawned] = address
			spawned++
		case 1:
			for name, address := range live {
				mail = append(mail, message{address, name, len(mail)})
				break
			}
		case 2:
			if len(mail) == 0 {
				continue
			}
			at := random.IntN(len(mail))
			m := mail[at]
			mail[at] = mail[len(mail)-1]
			mail = mail[:len(mail)-1]
			_, isLive := live[m.name]
			a, err := m.to.Get()
			if !isLive && errors.Is(err, drystone.ErrStale) {
				lost++
				continue
			}
			must(t, err)
			if a.name != m.name {
				t.Fatalf("a message to %d reached %d", m.name, a.name)
			}
			a.received = append(a.received, m.text)
			delivered[m.name]++
		case 3:
			for name, address := range live {
				if random.IntN(3) == 0 {
					must(t, address.Release())
					delete(live, name)
				}
				break
			}
		}
	}
	if n := actors.CloseCounting(); n != uint64(len(live)) {
		t.Errorf("%d actors were ended by Close, not %d", n, len(live))
	}
	if len(ended) != spawned || lost == 0 {
		t.Errorf("%d of %d actors have ended; %d messages came too late", len(ended), spawned, lost)
	}
	for name, received := range ended {
		if len(received) != delivered[name] {
			t.Errorf("actor %d received %d messages, not %d", name, len(received), delivered[name])
		}
	}
}
