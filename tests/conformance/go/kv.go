// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"slices"

	"example.org/drystone/bindings/go"
)

const (
	pageBytes           = 4096
	regionOverheadBytes = 12288 // header and directory of a region with the default number of parts
	smallestRegion      = 16384
)

func kvCreate(w *world, s *step) object {
	var region *regionObject
	if s.in != "" {
		if region = w.region(s.in); region.isClosed() {
			return failure(drystone.ErrClosed)
		}
	}
	if result := s.refused(); result != nil {
		return result
	}
	if s.texts["layout"] == "inline" {
		return failure(drystone.ErrUnsupported)
	}
	if _, given := s.integers["max_entry"]; given {
		return failure(drystone.ErrInvalidArgument)
	}
	options := drystone.KvOptions{Entries: s.integers["entries"].bits, Bytes: s.integers["bytes"].bits}
	if seed, given := s.integers["seed"]; given {
		options.Seed = &seed.bits
	}
	part := s.texts["part"]
	if region == nil {
		var err error
		if region, err = w.privateRegion(options); err != nil {
			return failure(err)
		}
		part = "kv"
	}
	kv, err := region.region.CreateKv(part, options)
	return w.madeKv(s, kv, err)
}

// privateRegion is just large enough for one kv.
func (w *world) privateRegion(options drystone.KvOptions) (*regionObject, error) {
	need, err := drystone.KvBytes(options)
	if err != nil {
		return nil, err
	}
	need = (need+pageBytes-1)/pageBytes*pageBytes + regionOverheadBytes
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.Memory, Bytes: max(need, smallestRegion)})
	if err != nil {
		return nil, err
	}
	r := &regionObject{region: region, kind: drystone.Memory, writing: true}
	w.addRegion("", r)
	return r, nil
}

func (w *world) madeKv(s *step, kv *drystone.Kv, err error) object {
	if err != nil {
		return failure(err)
	}
	return w.addKv(s.as, &kvObject{kv, &kv.KvReader})
}

func (w *world) madeReader(s *step, reader *drystone.KvReader, err error) object {
	if err != nil {
		return failure(err)
	}
	return w.addKv(s.as, &kvObject{nil, reader})
}

func kvOpen(w *world, s *step) object {
	region := w.region(s.in)
	if region.writing {
		kv, err := region.region.OpenKv(s.texts["part"])
		return w.madeKv(s, kv, err)
	}
	reader, err := region.region.OpenKvReader(s.texts["part"], drystone.KvReaderOptions{})
	return w.madeReader(s, reader, err)
}

func kvReader(w *world, s *step) object {
	reader, err := w.kv(s.on).reader.Reader()
	return w.madeReader(s, reader, err)
}

// write does one write. A reader has no method for it, so the runner answers in its place.
func (w *world) write(s *step, do func(*drystone.Kv) (uint64, error)) object {
	kv := w.kv(s.on)
	if _, err := kv.reader.Stats(); err != nil {
		return failure(err)
	}
	if kv.writer == nil {
		return failure(drystone.ErrReadOnly)
	}
	if result := s.refused(); result != nil {
		return result
	}
	version, err := do(kv.writer)
	if err != nil {
		return failure(err)
	}
	return object{"version": unsigned(version)}
}

func kvPut(w *world, s *step) object {
	return w.write(s, func(kv *drystone.Kv) (uint64, error) { return kv.Put(s.bytes("key"), s.bytes("value")) })
}

func kvPutNew(w *world, s *step) object {
	return w.write(s, func(kv *drystone.Kv) (uint64, error) { return kv.PutNew(s.bytes("key"), s.bytes("value")) })
}

func kvReplace(w *world, s *step) object {
	return w.write(s, func(kv *drystone.Kv) (uint64, error) {
		return kv.Replace(s.bytes("key"), s.bytes("value"), s.integers["version"].bits)
	})
}

func kvDelete(w *world, s *step) object {
	return w.write(s, func(kv *drystone.Kv) (uint64, error) { return kv.Delete(s.bytes("key")) })
}

func kvGet(w *world, s *step) object {
	value, version, err := w.kv(s.on).reader.Get(s.bytes("key"))
	if err != nil {
		return failure(err)
	}
	return object{"value": canonicalBytes(value), "version": unsigned(version)}
}

func kvGetMany(w *world, s *step) object {
	entries, err := w.kv(s.on).reader.GetMany(s.keys)
	if err != nil {
		return failure(err)
	}
	list := []any{}
	for _, entry := range entries {
		if entry.Value == nil {
			list = append(list, nil)
		} else {
			list = append(list, canonicalBytes(entry.Value))
		}
	}
	return object{"values": list}
}

func kvContains(w *world, s *step) object {
	found, err := w.kv(s.on).reader.Contains(s.bytes("key"))
	if err != nil {
		return failure(err)
	}
	return object{"found": found}
}

func kvList(w *world, s *step) object {
	var keys [][]byte
	for entry, err := range w.kv(s.on).reader.All() {
		if err != nil {
			return failure(err)
		}
		keys = append(keys, entry.Key)
	}
	slices.SortFunc(keys, bytes.Compare)
	list := []any{}
	for _, key := range keys {
		list = append(list, canonicalBytes(key))
	}
	return object{"keys": list}
}

func kvStats(w *world, s *step) object {
	stats, err := w.kv(s.on).reader.Stats()
	if err != nil {
		return failure(err)
	}
	return object{"capacity": unsigned(stats.Capacity), "entries": unsigned(stats.Entries)}
}

func kvClose(w *world, s *step) object { return outcome(w.kv(s.on).close()) }

func (k *kvObject) close() error {
	if k.writer != nil {
		return k.writer.Close()
	}
	return k.reader.Close()
}
