// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "iter"

// ObjectPoolOptions says what object pool to make.
type ObjectPoolOptions struct {
	Capacity uint64 // objects: 1 to 2^30
}

// ObjectPoolStats are facts on an object pool.
type ObjectPoolStats struct {
	Capacity  uint64
	InUse     uint64 // objects, those whose destructor is running included
	Peak      uint64 // the most objects at once
	Destroyed uint64 // objects that are gone since creation
	Retired   uint64 // slots that were used 2^31 times, and are not used again
	Failures  uint64 // requests answered ErrFull
	SizeBytes uint64 // of the core's memory; the values lie in Go's
}

// ObjectPool is values of type T behind handles that never validate twice, with a destructor that runs exactly once for
// each. The values lie in Go's own memory, in chunks that never move, so T may hold pointers; which slots are taken, and
// which handle is the present one, is the core's to know.
//
// All methods of the pool and of its objects may be called from any goroutine, and wait for one another, but not for
// destructors: those run outside of the pool's lock and may call the pool. A call is mostly its lock, which
// AcquireMany, ReleaseMany and Hold take once for many. Nothing allocates but a chunk at its first use.
type ObjectPool[T any] struct {
	core       *blockCore[objectPoolHandle]
	values     objectValues[T] // these under the core's lock
	handles    []uint64
	destructor func(*T)
}

// Object is an object that was taken. It is a small value, to be released once; copies of it are the same object. After
// that every use of any of them is ErrStale for ever, also when the slot is in use again.
type Object[T any] struct {
	pool   *ObjectPool[T]
	handle uint64
}

// NewObjectPool makes an object pool. destructor, which may be nil, is called once for each object: at its Release, or at
// Reset or Close. A pool that is forgotten and collected calls none.
//
// Errors: ErrInvalidArgument (the message names the field), ErrTooLarge, ErrOutOfMemory.
func NewObjectPool[T any](options ObjectPoolOptions, destructor func(*T)) (*ObjectPool[T], error) {
	handle, err := coreObjectPoolCreate(&options)
	if err != nil {
		return nil, err
	}
	return &ObjectPool[T]{
		core:       newBlock(nil, new(lender), handle, coreObjectPoolClose),
		values:     newObjectValues[T](options.Capacity),
		destructor: destructor,
	}, nil
}

// Acquire puts value into a free slot. Errors: ErrFull (counted; value is still the caller's), ErrClosed.
func (p *ObjectPool[T]) Acquire(value T) (Object[T], error) {
	c := p.core
	if !c.enter() {
		return Object[T]{}, ErrClosed
	}
	taken, err := p.acquire(value)
	c.leave()
	return taken, err
}

func (p *ObjectPool[T]) acquire(value T) (Object[T], error) {
	handle, s := coreObjectPoolAcquire(p.core.handle)
	if s != statusOK {
		return Object[T]{}, s
	}
	p.values.put(handle, value)
	return Object[T]{p, handle}, nil
}

// AcquireMany puts each of values into a slot and fills objects, which has the same length (else ErrInvalidArgument), or
// takes none where fewer are free (ErrFull). One call into C for all of them.
func (p *ObjectPool[T]) AcquireMany(values []T, objects []Object[T]) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	defer c.leave()
	if len(values) != len(objects) {
		return failure(ErrInvalidArgument, "values and objects differ in length")
	}
	handles := p.room(len(values))
	if s := coreObjectPoolAcquireMany(c.handle, handles); s != statusOK {
		return s
	}
	for i, handle := range handles {
		p.values.put(handle, values[i])
		objects[i] = Object[T]{p, handle}
	}
	return nil
}

// room is memory for as many handles.
func (p *ObjectPool[T]) room(count int) []uint64 {
	if cap(p.handles) < count {
		p.handles = make([]uint64, count)
	}
	return p.handles[:count]
}

// ReleaseMany releases all of objects, or none if one is stale, comes twice (ErrStale) or is of another pool (ErrForeign).
// One call into C for all of them.
func (p *ObjectPool[T]) ReleaseMany(objects []Object[T]) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	var few [64]Object[T]
	retired := append(few[:0], objects...) // what is the caller's may change while destructors run
	s := p.retireAll(retired)
	c.leave()
	if s != statusOK {
		return s
	}
	defer p.finish(retired)
	p.destroy(retired)
	return nil
}

// retireAll makes all of objects stale, or none.
func (p *ObjectPool[T]) retireAll(objects []Object[T]) Status {
	for i, o := range objects {
		s := statusForeign
		if o.pool == p {
			s = statusStale
			if p.values.retire(o.handle) {
				continue
			}
		}
		for _, retired := range objects[:i] {
			p.values.revive(retired.handle)
		}
		return Status(s)
	}
	return statusOK
}

// destroy runs the destructor of objects that are retired: of all, even if one panics.
func (p *ObjectPool[T]) destroy(objects []Object[T]) {
	if p.destructor == nil {
		return
	}
	next := 0
	defer func() {
		if next < len(objects) {
			p.destroy(objects[next:])
		}
	}()
	for next < len(objects) {
		value := p.retired(objects[next].handle)
		next++
		p.destructor(value)
	}
}

// retired is where a retired object's value lies, for who does not hold the lock.
func (p *ObjectPool[T]) retired(handle uint64) *T {
	p.core.mu.Lock()
	defer p.core.mu.Unlock()
	return &p.values.slot(handle).value
}

// finish gives the slots of retired objects back.
func (p *ObjectPool[T]) finish(objects []Object[T]) {
	c := p.core
	if !c.enter() {
		return // whoever closed the pool meanwhile has given everything back
	}
	defer c.leave()
	handles := p.room(len(objects))
	for i, o := range objects {
		p.values.wipe(o.handle)
		handles[i] = o.handle
	}
	coreObjectPoolReleaseMany(c.handle, handles)
}

// Reset destroys every object; all handles are stale.
func (p *ObjectPool[T]) Reset() error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	live := p.retireLive()
	c.leave()
	defer p.finish(live)
	p.destroy(live)
	return nil
}

// retireLive makes all objects stale, and returns them in ascending order of slots.
func (p *ObjectPool[T]) retireLive() []Object[T] {
	var live []Object[T]
	for handle := range p.values.live() {
		p.values.retire(handle)
		live = append(live, Object[T]{p, handle})
	}
	return live
}

// Close is CloseCounting for who does not want to know the count. It never fails.
func (p *ObjectPool[T]) Close() error {
	p.CloseCounting()
	return nil
}

// CloseCounting destroys what is still live, in ascending order of slots, says how many objects that were, and gives the
// core's memory back. Closing again is fine, and destroys nothing.
func (p *ObjectPool[T]) CloseCounting() (destroyed uint64) {
	c := p.core
	if !c.enter() {
		return 0
	}
	live := p.retireLive()
	c.closed = true
	c.shut(c.handle)
	c.leave()
	p.destroy(live)
	return uint64(len(live))
}

// All are the live objects in ascending order of slots, each as it is when the loop comes to it. The loop may acquire and
// release. It ends early when the pool is closed.
func (p *ObjectPool[T]) All() iter.Seq[Object[T]] {
	return func(yield func(Object[T]) bool) {
		for from := uint32(0); ; {
			handle, s := p.next(from)
			if s != statusOK || !yield(Object[T]{p, handle}) {
				return
			}
			from = uint32(handle) + 1
		}
	}
}

func (p *ObjectPool[T]) next(from uint32) (uint64, Status) {
	c := p.core
	if !c.enter() {
		return 0, statusClosed
	}
	defer c.leave()
	for {
		handle, s := coreObjectPoolNext(c.handle, from)
		if s != statusOK || p.values.find(handle) != nil {
			return handle, s
		}
		from = uint32(handle) + 1 // its destructor is running
	}
}

// Stats are facts on the pool.
func (p *ObjectPool[T]) Stats() (stats ObjectPoolStats, err error) {
	err = p.core.do(func(h *objectPoolHandle) (s Status) {
		stats, s = coreObjectPoolStats(h)
		return s
	})
	return stats, err
}

// Get is the object's value, in place: it holds until the object is released. The pointer stays a good one for ever, but
// what it then points to is another object's, or nobody's. Errors: ErrStale (released), ErrClosed.
func (o Object[T]) Get() (*T, error) {
	if o.pool == nil {
		return nil, ErrStale
	}
	c := o.pool.core
	if !c.enter() {
		return nil, ErrClosed
	}
	value := o.pool.values.find(o.handle)
	c.leave()
	if value == nil {
		return nil, ErrStale
	}
	return &value.value, nil
}

// Set gives the object another value. The old one is not destroyed. Errors: as Get.
func (o Object[T]) Set(value T) error {
	return o.exchange(&value, false)
}

// Take releases the object without its destructor, and returns the value, which is the caller's now. Errors: as Get.
func (o Object[T]) Take() (value T, err error) {
	err = o.exchange(&value, true)
	return value, err
}

// exchange swaps the object's value for *value, and releases it or not.
func (o Object[T]) exchange(value *T, release bool) error {
	if o.pool == nil {
		return ErrStale
	}
	return o.pool.core.do(func(h *objectPoolHandle) Status {
		at := o.pool.values.find(o.handle)
		if at == nil {
			return statusStale
		}
		*value, at.value = at.value, *value
		if !release {
			return statusOK
		}
		o.pool.values.wipe(o.handle)
		return coreObjectPoolForget(h, o.handle)
	})
}

// Release runs the destructor, and gives the slot back. Errors: ErrStale (released already), ErrClosed.
func (o Object[T]) Release() error {
	p := o.pool
	if p == nil {
		return ErrStale
	}
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	if p.destructor == nil {
		err := p.releasePlain(o.handle)
		c.leave()
		return err
	}
	retired := p.values.retire(o.handle)
	value := p.values.slot(o.handle)
	c.leave()
	if !retired {
		return ErrStale
	}
	defer o.finish()
	p.destructor(&value.value)
	return nil
}

// releasePlain is Release where there is no destructor.
func (p *ObjectPool[T]) releasePlain(handle uint64) error {
	value := p.values.find(handle)
	if value == nil {
		return ErrStale
	}
	*value = objectValue[T]{}
	return asError(coreObjectPoolRelease(p.core.handle, handle))
}

func (o Object[T]) finish() {
	o.pool.core.do(func(h *objectPoolHandle) Status {
		o.pool.values.wipe(o.handle)
		return coreObjectPoolRelease(h, o.handle)
	})
}
