/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * maps.h: what the core's calls of mmap and munmap become in this package.
 *
 * A slice that a memory block lends carries no reference that keeps memory of the core's alive. So what is lent is either
 * memory of Go's own, which slices do keep, or memory whose addresses are never given back. The core knows of neither: it
 * is compiled with mmap and munmap under other names (core_maps_cgo.go), which maps.c defines. They do what their
 * originals do, but between one of the calls below and drystone_maps_end, for the thread that made it.
 */
#ifndef DRYSTONE_GO_MAPS_H
#define DRYSTONE_GO_MAPS_H

#include <stdint.h>

/* The next private memory that the core asks for is refused, unless the system would refuse it itself; drystone_maps_end
   says how large it was. */
void drystone_maps_measure(void);

/* The next private memory of that size is this, which is the caller's; what is unmapped there stays as it is. */
void drystone_maps_offer(uintptr_t base, uint64_t bytes);

/* What the core unmaps stays mapped, without contents: it reads as zeros, and can be written to. */
void drystone_maps_keep(void);

/* Everything is as usual again. What was measured; 0: nothing was asked for. */
uint64_t drystone_maps_end(void);

#endif
