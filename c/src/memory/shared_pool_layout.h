/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool_layout.h: geometry of a shared pool, for those who make and open one. */
#ifndef DRYI_MEMORY_SHARED_POOL_LAYOUT_H
#define DRYI_MEMORY_SHARED_POOL_LAYOUT_H

#include "memory/shared_pool_internal.h"

/* Flags that are a matter of the stored pool; the others are of the memory behind it. */
#define DRYI_SHARED_POOL_STORED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)

/* Checks the options, with `allowed` flags, and writes the header that follows from them. */
DRYI_LOCAL dry_status dryi_shared_pool_layout(const dry_shared_pool_options *options, uint32_t allowed,
                                              dry_shared_pool_header *header_out, dry_detail *detail);
/* Lays a pool out; `zeroed` memory needs fewer touches. */
DRYI_LOCAL void dryi_shared_pool_lay_out(uint8_t *base, const dry_shared_pool_header *header, bool zeroed);
/* Checks what is said to be a pool; copies its fixed fields, each loaded once. */
DRYI_LOCAL dry_status dryi_shared_pool_header_check(const void *span, uint64_t span_bytes,
                                                    dry_shared_pool_header *facts_out, dry_detail *detail);

#endif
