/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* dladdr */
#include "memory/leak.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Before glibc 2.34 it is in a library of its own, which nobody is made to link: then it is not there, and sites stay
   addresses. */
#pragma weak dladdr

dry_status dryi_leaks_open(dryi_leaks *leaks, uint64_t capacity, uint64_t usable, dry_detail *detail) {
  return dryi_private_map(capacity * sizeof(uint64_t), usable * sizeof(uint64_t), 0, &leaks->memory, detail);
}

dry_status dryi_leaks_grow(dryi_leaks *leaks, uint64_t from, uint64_t to) {
  if (!leaks->memory.base) return DRY_OK;
  const uint64_t begin = from * sizeof(uint64_t) / DRY_REGION_PAGE_BYTES * DRY_REGION_PAGE_BYTES;
  const uint64_t end = dryi_align_up(to * sizeof(uint64_t), DRY_REGION_PAGE_BYTES);
  return dryi_private_commit(&leaks->memory, begin, end - begin, 0);
}

void dryi_leaks_close(dryi_leaks *leaks) { dryi_private_unmap(&leaks->memory); }

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* "function+0x12 (program+0x3456)": what lies in the brackets is what addr2line takes, also where there are no symbols. */
static void describe_site(uint64_t site, char *text, size_t bytes) {
  Dl_info info;
  const uintptr_t address = (uintptr_t)site;
  memset(&info, 0, sizeof info);
  if (!dladdr || !dladdr((const void *)address, &info) || !info.dli_fname) {
    (void)snprintf(text, bytes, "0x%llx", (unsigned long long)site);
    return;
  }
  const char *program = last_part(info.dli_fname);
  const unsigned long long inside = (unsigned long long)(address - (uintptr_t)info.dli_fbase);
  if (info.dli_sname)
    (void)snprintf(text, bytes, "%s+0x%llx (%s+0x%llx)", info.dli_sname,
                   (unsigned long long)(address - (uintptr_t)info.dli_saddr), program, inside);
  else
    (void)snprintf(text, bytes, "%s+0x%llx", program, inside);
}

void dryi_leak_describe(uint64_t slot, uint64_t size_bytes, uint64_t caller, dry_leak *leak_out) {
  memset(leak_out, 0, sizeof *leak_out);
  leak_out->slot = slot;
  leak_out->size_bytes = size_bytes;
  if (caller == 0) return;
  /* A return address is that of the next instruction, which may belong to another line, or even another function. */
  leak_out->site = caller - 1;
  describe_site(leak_out->site, leak_out->text, sizeof leak_out->text);
}
