// SPDX-License-Identifier: MIT OR Apache-2.0
#include <drystone/drystone.h>
#include <stdio.h>

static int fail(const dry_detail *detail) {
  fprintf(stderr, "%s: %s\n", dry_status_name(detail->status), detail->text);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  dry_detail detail;

  // One process makes the region and writes.
  dry_region_options region_options = {
      .struct_size = sizeof region_options, .kind = DRY_REGION_FILE, .name = argv[1], .size_bytes = 1 << 20};
  dry_region region;
  if (dry_region_create(&region_options, &region, &detail)) return fail(&detail);
  dry_kv_options kv_options = {.struct_size = sizeof kv_options, .entries = 1000, .bytes = 100000};
  dry_kv_writer writer;
  if (dry_kv_create(&region, "prices", 6, &kv_options, &writer, &detail)) return fail(&detail);
  if (dry_kv_put(&writer, "apple", 5, "1.20", 4, NULL)) return 1;

  // Any other process, in any of the four languages, reads while it writes.
  dry_region_open_options open_options = {
      .struct_size = sizeof open_options, .kind = DRY_REGION_FILE, .name = argv[1], .mode = DRY_MODE_READ};
  dry_region shared;
  if (dry_region_open(&open_options, &shared, &detail)) return fail(&detail);
  dry_kv_reader reader;
  if (dry_kv_reader_open(&shared, "prices", 6, 0, &reader, &detail)) return fail(&detail);
  char price[16];
  size_t bytes;
  uint64_t version;
  if (dry_kv_get(&reader, "apple", 5, price, sizeof price, &bytes, &version)) return 1;
  printf("an apple costs %.*s since write %llu\n", (int)bytes, price, (unsigned long long)version);

  dry_kv_reader_close(&reader);
  dry_region_close(&shared);
  dry_kv_writer_close(&writer);
  return dry_region_close(&region);
}
