//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"example.org/drystone/bindings/go"
)

// A worked example: an order book whose 10,000 orders lie in a pool, those of one price in a list through their slots.

// order is an order's bytes in its slot: next, previous, price, quantity, of 4 bytes each.
type order []byte

const (
	nextField     = 0
	previousField = 4
	priceField    = 8
	quantityField = 12
	orderBytes    = 16
	nobody        = 1<<32 - 1
)

func (o order) get(field int) uint32        { return binary.LittleEndian.Uint32(o[field:]) }
func (o order) set(field int, value uint32) { binary.LittleEndian.PutUint32(o[field:], value) }

type level struct{ first, last uint32 }

type book struct {
	pool   *drystone.Pool
	levels map[uint32]*level
}

func (b *book) add(price, quantity uint32) (slot uint32, err error) {
	slot, err = b.pool.Acquire()
	if err != nil {
		return 0, err
	}
	o, err := b.pool.Bytes(slot)
	if err != nil {
		return 0, err
	}
	at := b.levels[price]
	if at == nil {
		at = &level{nobody, nobody}
		b.levels[price] = at
	}
	order(o).set(nextField, nobody)
	order(o).set(previousField, at.last)
	order(o).set(priceField, price)
	order(o).set(quantityField, quantity)
	if err := b.link(at, at.last, slot, nextField, &at.first); err != nil {
		return 0, err
	}
	at.last = slot
	return slot, nil
}

// link makes a neighbour point to slot, or the end of the list where there is no neighbour.
func (b *book) link(at *level, neighbour, slot uint32, field int, end *uint32) error {
	if neighbour == nobody {
		*end = slot
		return nil
	}
	o, err := b.pool.Bytes(neighbour)
	if err == nil {
		order(o).set(field, slot)
	}
	return err
}

// cancel is ErrStale for an order that is gone.
func (b *book) cancel(slot uint32) error {
	o, err := b.pool.Bytes(slot)
	if err != nil {
		return err
	}
	at := b.levels[order(o).get(priceField)]
	next, previous := order(o).get(nextField), order(o).get(previousField)
	if err := b.link(at, previous, next, nextField, &at.first); err != nil {
		return err
	}
	if err := b.link(at, next, previous, previousField, &at.last); err != nil {
		return err
	}
	return b.pool.Release(slot)
}

// quantity is what the orders at a price add up to.
func (b *book) quantity(price uint32) (sum uint64, err error) {
	at := b.levels[price]
	if at == nil {
		return 0, nil
	}
	for slot := at.first; slot != nobody; {
		o, err := b.pool.Bytes(slot)
		if err != nil {
			return 0, err
		}
		sum += uint64(order(o).get(quantityField))
		slot = order(o).get(nextField)
	}
	return sum, nil
}

func TestOrderBook(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 6))
	const orders, prices = 10_000, 100
	pool, err := drystone.NewPool(drystone.PoolOptions{ObjectBytes: orderBytes, Capacity: orders})
	must(t, err)
	defer pool.Close()
	b := &book{pool, map[uint32]*level{}}
	type known struct{ slot, price, quantity uint32 }
	var live []known
	var quantities [prices]uint64
	add := func() {
		k := known{price: random.Uint32N(prices), quantity: 1 + random.Uint32N(1000)}
		k.slot, err = b.add(k.price, k.quantity)
		must(t, err)
		live = append(live, k)
		quantities[k.price] += uint64(k.quantity)
	}
	cancel := func() {
		at := random.IntN(len(live))
		k := live[at]
		must(t, b.cancel(k.slot))
		if err := b.cancel(k.slot); !errors.Is(err, drystone.ErrStale) {
			t.Fatal("a second cancel:", err)
		}
		live[at] = live[len(live)-1]
		live = live[:len(live)-1]
		quantities[k.price] -= uint64(k.quantity)
	}
	for range orders {
		add()
	}
	if _, err := b.add(1, 1); !errors.Is(err, drystone.ErrFull) {
		t.Fatal("one order too many:", err)
	}
	for range 3 * orders {
		if len(live) == orders || len(live) > 0 && random.IntN(2) == 0 {
			cancel()
		} else {
			add()
		}
	}
	for price, want := range quantities {
		got, err := b.quantity(uint32(price))
		must(t, err)
		if got != want {
			t.Errorf("at price %d: %d, not %d", price, got, want)
		}
	}
	for len(live) > 0 {
		cancel()
	}
	stats, err := pool.Stats()
	must(t, err)
	if stats.InUse != 0 || stats.Peak != orders {
		t.Errorf("%+v", stats)
	}
	must(t, pool.Validate())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
