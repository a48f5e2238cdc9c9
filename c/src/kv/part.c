/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* part.c: handles: a store in a bare span, and a store as a part of a region. */
#include <string.h>

#include "base/detail.h"
#include "base/hooks.h"
#include "kv/kv_internal.h"
#include "os/os.h"
#include "region/part.h"

/* ---- bare spans ---- */

static dry_status attach_state(dry_kv_writer *writer, const dry_kv_header *checked, uint8_t *part, dry_detail *detail) {
  dryi_kv_state *state = dryi_os_alloc_zeroed(sizeof *state);
  if (!state) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for the writer's handle");
  state->part = part;
  state->header = (dry_kv_header *)(void *)part;
  state->entry_capacity = checked->entry_capacity;
  state->data_capacity_bytes = checked->data_capacity_bytes;
  state->heap_offset = checked->heap_offset;
  state->bump_end = checked->heap_offset + checked->heap_bytes;
  state->staging_end = state->bump_end + checked->staging_bytes;
  writer->state = state;
  dryi_kv_reader_init(&writer->reader, part, checked, 0);
  dry_status status = dryi_kv_recover(writer, detail);
  if (status == DRY_OK) return DRY_OK;
  dryi_os_free(state);
  memset(writer, 0, sizeof *writer);
  return status;
}

dry_status dry_kv_writer_attach(void *span, uint64_t span_bytes, dry_kv_writer *writer_out, dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dry_kv_header checked;
  dry_status status = dryi_kv_header_check(span, span_bytes, &checked, detail);
  if (status == DRY_OK) status = attach_state(writer_out, &checked, span, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

dry_status dry_kv_reader_attach(const void *span, uint64_t span_bytes, uint32_t flags, dry_kv_reader *reader_out,
                                dry_detail *detail) {
  if (!reader_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reader_out: must not be NULL");
  memset(reader_out, 0, sizeof *reader_out);
  if (flags & ~DRY_KV_READ_CHECKED) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", flags);
  dry_kv_header checked;
  dry_status status = dryi_kv_header_check(span, span_bytes, &checked, detail);
  if (status != DRY_OK) return status;
  dryi_kv_reader_init(reader_out, span, &checked, flags);
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Handles may be opened and closed in different threads. Recovery runs under the lock, so whoever meets it sleeps. */
static void lock_writers(dryi_mapping *mapping) {
  while (dryi_exchange_acquire_u32(&mapping->writers_lock, 1)) dryi_os_sleep_ns(100000);
}

static void unlock_writers(dryi_mapping *mapping) {
  /* pairs with the exchange in lock_writers */
  dryi_store_release_u32(&mapping->writers_lock, 0);
}

static dryi_kv_state *find_state(const dryi_mapping *mapping, uint32_t part_index) {
  dryi_kv_state *state = mapping->writers;
  while (state && state->part_index != part_index) state = state->next;
  return state;
}

static void unlist_state(dryi_mapping *mapping, const dryi_kv_state *state) {
  dryi_kv_state *before = mapping->writers;
  if (before == state) {
    mapping->writers = state->next;
    return;
  }
  while (before->next != state) before = before->next;
  before->next = state->next;
}

/* The reader's handle becomes one of the region's: it answers closed when the region is closed. */
static void adopt(dry_kv_reader *reader, dryi_mapping *mapping) {
  dryi_mapping_retain(mapping);
  reader->mapping = mapping;
  reader->closed = &mapping->closed;
}

/* The first writer of this part in this mapping. */
static dry_status first_writer(const dryi_part *part, dry_kv_writer *writer_out, dry_detail *detail) {
  dry_status status = dry_kv_writer_attach(part->base, part->size_bytes, writer_out, detail);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer_out->state;
  state->mapping = part->mapping;
  state->part_index = part->index;
  state->next = part->mapping->writers;
  part->mapping->writers = state;
  return DRY_OK;
}

/* Opens the part for writing in a mapping that may write. */
static dry_status open_writer(const dryi_part *part, void *handle_out, dry_detail *detail) {
  dry_kv_writer *writer_out = handle_out;
  dryi_mapping *mapping = part->mapping;
  lock_writers(mapping);
  dryi_kv_state *shared = find_state(mapping, part->index);
  dry_status status = DRY_OK;
  if (shared) {
    writer_out->state = shared;
    status = dry_kv_reader_attach(shared->part, part->size_bytes, 0, &writer_out->reader, detail);
  } else {
    status = first_writer(part, writer_out, detail);
  }
  if (status == DRY_OK) {
    dryi_kv_state *state = writer_out->state;
    state->handles++;
    /* A reference of its own: the reader inside can be closed by itself. */
    dryi_mapping_retain(mapping);
    adopt(&writer_out->reader, mapping);
  } else {
    memset(writer_out, 0, sizeof *writer_out);
  }
  unlock_writers(mapping);
  return status;
}

static dry_status make_part(const dryi_part *part, const void *options, void *handle_out, dry_detail *detail) {
  const dry_status status = dry_kv_init(part->base, part->size_bytes, options);
  if (status != DRY_OK) return dryi_fail(detail, status, "kv: cannot be laid out");
  DRYI_STEP("part_laid_out");
  return open_writer(part, handle_out, detail);
}

static dry_status open_part(const dryi_part *part, void *handle_out, dry_detail *detail) {
  bool writable;
  const dry_status status = dryi_part_access(part, &writable, detail);
  if (status != DRY_OK) return status;
  if (!writable) return dryi_fail(detail, DRY_READ_ONLY, "region '%s': is not open for writing", part->mapping->name);
  return open_writer(part, handle_out, detail);
}

static const dryi_part_kind kv_part = {
    DRY_PART_KV, DRY_KV_FORMAT, "kv", sizeof(dry_kv_writer), make_part, open_part};

dry_status dry_kv_create(dry_region *region, const char *name, size_t name_bytes, const dry_kv_options *options,
                         dry_kv_writer *writer_out, dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dry_status status = dryi_part_writable(region, detail);
  if (status != DRY_OK) return status;
  uint64_t bytes;
  status = dry_kv_required_bytes(options, &bytes);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "options: entries must be 1 .. %u, bytes 1 .. 2^44, layout %d, has_seed 0 or 1",
                     DRY_KV_ENTRIES_MAX, DRY_KV_LAYOUT_BLOCKS);
  return dryi_part_create(region, name, name_bytes, &kv_part, bytes, options, writer_out, detail);
}

dry_status dry_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_kv_writer *writer_out,
                       dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  return dryi_part_open(region, name, name_bytes, &kv_part, writer_out, detail);
}

dry_status dry_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                              dry_kv_reader *reader_out, dry_detail *detail) {
  if (!reader_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reader_out: must not be NULL");
  memset(reader_out, 0, sizeof *reader_out);
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, &kv_part, &part, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_reader_attach(part.base, part.size_bytes, flags, reader_out, detail);
  if (status != DRY_OK) {
    dryi_detail_prefix(detail, part.info.name);
    return status;
  }
  adopt(reader_out, part.mapping);
  return dryi_done(detail);
}

/* ---- closing ---- */

dry_status dry_kv_reader_close(dry_kv_reader *reader) {
  if (!reader) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = reader->mapping;
  memset(reader, 0, sizeof *reader);
  if (mapping) dryi_mapping_release(mapping);
  return DRY_OK;
}

static void drop_state(dryi_kv_state *state) {
  dryi_mapping *mapping = state->mapping;
  if (!mapping) {
    dryi_os_free(state);
    return;
  }
  lock_writers(mapping);
  bool last = --state->handles == 0;
  if (last) unlist_state(mapping, state);
  unlock_writers(mapping);
  if (last) dryi_os_free(state);
  dryi_mapping_release(mapping);
}

dry_status dry_kv_writer_close(dry_kv_writer *writer) {
  if (!writer) return DRY_INVALID_ARGUMENT;
  dryi_kv_state *state = writer->state;
  if (!state) return DRY_OK;
  writer->state = NULL;
  drop_state(state);
  return dry_kv_reader_close(&writer->reader);
}

dry_kv_reader *dry_kv_writer_reader(dry_kv_writer *writer) { return writer ? &writer->reader : NULL; }
