// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"example.org/drystone/bindings/go"
)

const (
	longestPayload = 200
	deleteEvery    = 16
	busyFor        = 5 * time.Second
)

// Kinds of records.
const (
	recordPresent = iota
	recordPut
	recordDelete
	recordStore
)

type writing struct {
	*task
	kv     *drystone.Kv
	random *rand.Rand
}

func (t *task) write() error {
	region, err := t.openWhenFree()
	if err != nil {
		return err
	}
	defer region.Close()
	kv, err := region.OpenKv(t.part)
	if err != nil {
		return err
	}
	defer kv.Close()
	w := &writing{t, kv, rand.New(rand.NewPCG(t.seed, 0))}
	if t.keys > 0 {
		return w.withRecords()
	}
	return w.withoutRecords()
}

// openWhenFree waits for a writer that was just killed and may not be gone yet.
func (t *task) openWhenFree() (*drystone.Region, error) {
	t.region.Mode = drystone.ReadWrite
	deadline := time.Now().Add(busyFor)
	for {
		region, err := drystone.Open(t.region)
		if !errors.Is(err, drystone.ErrBusy) || time.Now().After(deadline) {
			return region, err
		}
		time.Sleep(time.Millisecond)
	}
}

// printRecord is one write, which a pipe takes whole or not at all.
func printRecord(kind uint32, index int, version uint64) error {
	var record [16]byte
	binary.LittleEndian.PutUint32(record[0:], kind)
	binary.LittleEndian.PutUint32(record[4:], uint32(index))
	binary.LittleEndian.PutUint64(record[8:], version)
	_, err := os.Stdout.Write(record[:])
	return err
}

func keyName(index int) []byte { return fmt.Appendf(nil, "key-%06d", index) }

// withRecords puts and deletes, and says so of every change once it is acknowledged.
func (w *writing) withRecords() error {
	if err := w.printWhatIsThere(); err != nil {
		return err
	}
	for time.Now().Before(w.deadline) {
		if err := w.changeOne(w.random.IntN(w.keys)); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) printWhatIsThere() error {
	for i := range w.keys {
		value, version, err := w.kv.Get(keyName(i))
		if err == drystone.ErrNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if !isStamped(keyName(i), value) {
			return errors.New("a torn value after opening")
		}
		if err := printRecord(recordPresent, i, version); err != nil {
			return err
		}
	}
	stats, err := w.kv.Stats()
	if err != nil {
		return err
	}
	return printRecord(recordStore, 0, stats.Version)
}

func (w *writing) changeOne(index int) error {
	key := keyName(index)
	if w.random.IntN(deleteEvery) == 0 {
		version, err := w.kv.Delete(key)
		if err == drystone.ErrNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return printRecord(recordDelete, index, version)
	}
	value := make([]byte, stampBytes+w.random.IntN(longestPayload+1))
	version, err := w.kv.Put(key, randomValue(w.random.Uint64, key, value))
	if err != nil {
		return err
	}
	return printRecord(recordPut, index, version)
}

// withoutRecords replaces values of the keys that are there as fast as it can.
func (w *writing) withoutRecords() error {
	list, err := listKeys(&w.kv.KvReader)
	if err != nil {
		return err
	}
	value := make([]byte, max(list.longestValue, stampBytes))
	fmt.Println("ready")
	writes, timed := 0, time.Duration(0)
	for len(list.keys) > 0 && time.Now().Before(w.deadline) {
		known := &list.keys[w.random.IntN(len(list.keys))]
		fresh := randomValue(w.random.Uint64, list.key(known), value[:max(known.valueBytes, stampBytes)])
		start := time.Now()
		_, err := w.kv.Put(list.key(known), fresh)
		timed += time.Since(start)
		if err != nil {
			return err
		}
		writes++
	}
	perWrite := 0.0
	if writes > 0 {
		perWrite = float64(timed.Nanoseconds()) / float64(writes)
	}
	fmt.Printf(`{"language":"go","writes":%d,"ns_per_write":%.1f}`+"\n", writes, perWrite)
	return nil
}
