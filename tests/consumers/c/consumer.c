/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a user's first program looks like: it makes a region in a file, writes a value, reads it back through a reader
 * of its own, and removes the file. Every consumer project here builds this one file, as C and as C++.
 *
 * usage: consumer FILE
 */
#ifdef DRYSTONE_AMALGAMATED
#include "drystone.h"
#else
#include <drystone/drystone.h>
#endif

#include <stdio.h>
#include <string.h>

static const char key[] = "greeting";
static const char text[] = "hello from drystone";

static int failed(const char *call, dry_status status, const dry_detail *detail) {
  fprintf(stderr, "consumer: %s: %s: %s\n", call, dry_status_name(status), detail ? detail->text : dry_status_text(status));
  return 1;
}

static dry_status create(const char *path, dry_region *region, dry_detail *detail) {
  dry_region_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_FILE;
  options.name = path;
  options.size_bytes = 1 << 20;
  return dry_region_create(&options, region, detail);
}

static int write_one(const char *path) {
  dry_region region;
  dry_kv_writer writer;
  dry_kv_options options;
  dry_detail detail;
  dry_status status = create(path, &region, &detail);
  if (status) return failed("dry_region_create", status, &detail);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.entries = 100;
  options.bytes = 10000;
  status = dry_kv_create(&region, "notes", 5, &options, &writer, &detail);
  if (status) return failed("dry_kv_create", status, &detail);
  status = dry_kv_put(&writer, key, strlen(key), text, strlen(text), NULL);
  if (status) return failed("dry_kv_put", status, NULL);
  dry_kv_writer_close(&writer);
  dry_region_close(&region);
  return 0;
}

static int read_one(const char *path) {
  dry_region region;
  dry_kv_reader reader;
  dry_region_open_options options;
  dry_detail detail;
  char value[64];
  size_t value_bytes = 0;
  dry_status status;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_FILE;
  options.name = path;
  options.mode = DRY_MODE_READ;
  status = dry_region_open(&options, &region, &detail);
  if (status) return failed("dry_region_open", status, &detail);
  status = dry_kv_reader_open(&region, "notes", 5, 0, &reader, &detail);
  if (status) return failed("dry_kv_reader_open", status, &detail);
  status = dry_kv_get(&reader, key, strlen(key), value, sizeof value, &value_bytes, NULL);
  if (status) return failed("dry_kv_get", status, NULL);
  dry_kv_reader_close(&reader);
  dry_region_close(&region);
  if (value_bytes != strlen(text) || memcmp(value, text, value_bytes) != 0) {
    fprintf(stderr, "consumer: read back %.*s\n", (int)value_bytes, value);
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  dry_status status = dry_abi_check(DRY_ABI);
  if (argc != 2) return fprintf(stderr, "usage: consumer FILE\n"), 2;
  if (status) return failed("dry_abi_check", status, NULL);
  if (strcmp(dry_version_string(), DRY_VERSION_STRING) != 0) return fprintf(stderr, "consumer: header and library differ\n"), 1;
  if (write_one(argv[1]) || read_one(argv[1])) return 1;
  status = dry_region_unlink(DRY_REGION_FILE, argv[1], NULL);
  if (status) return failed("dry_region_unlink", status, NULL);
  printf("consumer: %s with drystone %s, cpu level %s\n", text, dry_version_string(), dry_cpu_level());
  return 0;
}
