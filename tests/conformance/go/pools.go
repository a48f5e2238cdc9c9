// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "example.org/drystone/bindings/go"

type poolObject struct {
	*drystone.Pool
	forReading bool
}

var poolKind = slotKind{
	create: func(region *drystone.Region, part string, o slotOptions) (slots, error) {
		options := drystone.PoolOptions{ObjectBytes: o.objectBytes, Capacity: o.capacity, Align: o.align, Flags: o.flags}
		if region == nil {
			pool, err := drystone.NewPool(options)
			return &poolObject{pool, false}, err
		}
		pool, err := region.CreatePool(part, options)
		return &poolObject{pool, false}, err
	},
	open: func(region *drystone.Region, part string, readOnly bool) (slots, error) {
		pool, err := region.OpenPool(part)
		return &poolObject{pool, readOnly}, err
	},
	is: func(pool slots) bool {
		_, is := pool.(*poolObject)
		return is
	},
	stats: []string{"capacity", "failures", "in_use", "object_size", "peak", "stride"},
}

func (p *poolObject) readOnly() bool            { return p.forReading }
func (p *poolObject) acquire() (uint32, error)  { return p.Acquire() }
func (p *poolObject) release(slot uint32) error { return p.Release(slot) }

func (p *poolObject) facts() (slotFacts, error) {
	stats, err := p.Stats()
	return slotFacts{stats.ObjectBytes, stats.Stride, stats.Capacity, stats.InUse, stats.Failures, &stats.Peak}, err
}

// sharedPoolObject takes and releases through a cache, which it opens at need. Closing the pool closes that.
type sharedPoolObject struct {
	*drystone.SharedPool
	cache      *drystone.SharedPoolCache
	forReading bool
}

var sharedPoolKind = slotKind{
	create: func(region *drystone.Region, part string, o slotOptions) (slots, error) {
		options := drystone.SharedPoolOptions{ObjectBytes: o.objectBytes, Capacity: o.capacity, Align: o.align, Flags: o.flags}
		if region == nil {
			pool, err := drystone.NewSharedPool(options)
			return &sharedPoolObject{SharedPool: pool}, err
		}
		pool, err := region.CreateSharedPool(part, options)
		return &sharedPoolObject{SharedPool: pool}, err
	},
	open: func(region *drystone.Region, part string, readOnly bool) (slots, error) {
		pool, err := region.OpenSharedPool(part)
		return &sharedPoolObject{pool, nil, readOnly}, err
	},
	is: func(pool slots) bool {
		_, is := pool.(*sharedPoolObject)
		return is
	},
	stats: []string{"capacity", "failures", "in_use", "object_size", "stride"},
}

func (p *sharedPoolObject) readOnly() bool { return p.forReading }

func (p *sharedPoolObject) needCache() error {
	if p.cache != nil {
		return nil
	}
	cache, err := p.Cache()
	if err == nil {
		p.cache = cache
	}
	return err
}

func (p *sharedPoolObject) acquire() (uint32, error) {
	if err := p.needCache(); err != nil {
		return 0, err
	}
	return p.cache.Acquire()
}

func (p *sharedPoolObject) release(slot uint32) error {
	if err := p.needCache(); err != nil {
		return err
	}
	return p.cache.Release(slot)
}

func (p *sharedPoolObject) facts() (slotFacts, error) {
	stats, err := p.Stats()
	return slotFacts{stats.ObjectBytes, stats.Stride, stats.Capacity, stats.InUse, stats.Failures, nil}, err
}
