/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * region_fuzz.h: arbitrary bytes as a region.
 *
 * An input is short, so that a fuzzer gets far with it. Byte 0 says how the rest becomes a region:
 *
 *   FIX_REGION, FIX_ENTRY, FIX_KV   checksums are made right, so that what lies behind them is reached
 *   WRITE                           it is opened for writing, too, and written to
 *   RAW                             the rest is the region as it is, filled up with zeros to whole pages
 *
 * Otherwise 128 bytes of region header, 320 of the first directory entry, 256 of store header and then the rest of the
 * part follow; they are put to 0, 4096 and 8192 of a region of five pages. What is missing is zero.
 */
#ifndef DRYSTONE_TESTS_FUZZ_REGION_FUZZ_H
#define DRYSTONE_TESTS_FUZZ_REGION_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace fuzz {

enum : uint8_t { FIX_REGION = 1, FIX_ENTRY = 2, FIX_KV = 4, WRITE = 8, RAW = 16 };

const size_t kRegionBytes = 5 * 4096;
const size_t kPartOffset = 8192;

/** How far an input got. */
struct Reached {
  bool opened = false;
  bool verified = false;
  bool read = false;    /* at least one value */
  bool written = false; /* at least one put */
};

/** Runs one input through all of the library. Aborts with a message where a promise is broken. */
Reached Run(const uint8_t *data, size_t size);

/** A region of kRegionBytes with one part, as an input with these flags. */
std::string InputOf(const std::string &region, uint8_t flags);

}  // namespace fuzz

#endif
