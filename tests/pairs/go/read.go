// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"example.org/drystone/bindings/go"
)

const (
	batchKeys     = 64
	missEvery     = 8
	smallestValue = 256
)

type reading struct {
	kv      *drystone.KvReader
	list    *keyList
	random  *rand.Rand
	lookups [batchKeys]drystone.Lookup
	wanted  [batchKeys]*knownKey // nil: a key that does not exist

	count, hits, misses, torn, errors, backwards uint64
	timed                                        time.Duration
}

func (t *task) read() error {
	t.region.Mode = drystone.ReadOnly
	region, err := drystone.Open(t.region)
	if err != nil {
		return err
	}
	defer region.Close()
	kv, err := region.OpenKvReader(t.part, drystone.KvReaderOptions{})
	if err != nil {
		return err
	}
	defer kv.Close()
	r := &reading{kv: kv, random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	if err := r.run(t.deadline); err != nil {
		return err
	}
	return r.report()
}

// run looks random keys up in batches until the deadline. Only the lookups are timed.
func (r *reading) run(deadline time.Time) error {
	for {
		var err error
		if r.list, err = listKeys(r.kv); err != nil {
			return err
		}
		if len(r.list.keys) > 0 || time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond) // an empty store has nothing to look up yet
	}
	for i := range r.lookups {
		r.lookups[i].Buffer = make([]byte, max(r.list.longestValue, smallestValue))
	}
	fmt.Println("ready")
	for len(r.list.keys) > 0 && time.Now().Before(deadline) {
		r.runBatch()
	}
	return nil
}

func (r *reading) runBatch() {
	for i := range r.lookups {
		r.choose(i)
	}
	start := time.Now()
	err := r.kv.GetManyInto(r.lookups[:])
	r.timed += time.Since(start)
	if err != nil {
		r.countError(err)
		return
	}
	for i := range r.lookups {
		r.judge(&r.lookups[i], r.wanted[i])
	}
}

func (r *reading) choose(i int) {
	key := &r.list.keys[r.random.IntN(len(r.list.keys))]
	if i%missEvery == missEvery-1 {
		r.lookups[i].Key, r.wanted[i] = r.list.missing(key), nil
	} else {
		r.lookups[i].Key, r.wanted[i] = r.list.key(key), key
	}
}

func (r *reading) judge(l *drystone.Lookup, wanted *knownKey) {
	r.count++
	// A value that outgrew its buffer is looked up once more, now that there is room.
	for l.Err == drystone.ErrTooLarge && l.N > len(l.Buffer) {
		l.Buffer = make([]byte, 2*l.N)
		l.N, l.Version, l.Err = r.kv.GetInto(l.Key, l.Buffer)
	}
	switch {
	case l.Err == drystone.ErrNotFound:
		r.misses++
	case l.Err != nil:
		r.countError(l.Err)
	case wanted == nil:
		r.countError(errors.New("a key was found that is in no store"))
	default:
		r.judgeHit(l, wanted)
	}
}

func (r *reading) judgeHit(l *drystone.Lookup, wanted *knownKey) {
	r.hits++
	if !isStamped(l.Key, l.Buffer[:l.N]) {
		r.torn++
	}
	if l.Version < wanted.version {
		r.backwards++
	}
	wanted.version = max(wanted.version, l.Version)
}

func (r *reading) countError(err error) {
	if r.errors == 0 {
		fmt.Fprintln(os.Stderr, "actor:", err)
	}
	r.errors++
}

func (r *reading) report() error {
	perLookup := 0.0
	if r.count > 0 {
		perLookup = float64(r.timed.Nanoseconds()) / float64(r.count)
	}
	fmt.Printf(`{"language":"go","lookups":%d,"ns_per_lookup":%.1f,"hits":%d,"misses":%d,"torn":%d,"errors":%d,"retries":%d,"backwards":%d}`+
		"\n", r.count, perLookup, r.hits, r.misses, r.torn, r.errors, r.kv.Retries(), r.backwards)
	if r.torn+r.errors+r.backwards != 0 {
		return errors.New("something that must never happen did")
	}
	return nil
}
