/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab.h: slabs that are validated and closed at the end, and their calls as values. */
#ifndef DRYSTONE_TESTS_SUPPORT_SLAB_H
#define DRYSTONE_TESTS_SUPPORT_SLAB_H

#include <gtest/gtest.h>

#include "tests/support/status.h"

namespace support {

inline dry_slab_options SlabOptions(uint64_t bytes, uint32_t flags = 0, void *span = nullptr) {
  dry_slab_options options = {};
  options.struct_size = sizeof options;
  options.bytes = bytes;
  options.flags = flags;
  options.span = span;
  return options;
}

class Slab {
 public:
  Slab() = default;
  explicit Slab(uint64_t bytes) : Slab(SlabOptions(bytes)) {}
  explicit Slab(const dry_slab_options &options) {
    EXPECT_STATUS(DRY_OK, dry_slab_create(&options, &handle, &detail)) << detail.text;
  }
  ~Slab() {
    if (handle.state && validate_) {
      EXPECT_STATUS(DRY_OK, dry_slab_validate(&handle, &detail)) << detail.text;
    }
    EXPECT_STATUS(DRY_OK, dry_slab_close(&handle));
  }
  Slab(const Slab &) = delete;
  Slab &operator=(const Slab &) = delete;
  /** For tests that damage it. */
  void DoNotValidate() { validate_ = false; }

  dry_status Alloc(uint64_t size, void **memory, uint64_t *of_class = nullptr) {
    return dry_slab_alloc(&handle, size, memory, of_class);
  }
  /** The object's address; NULL when there was none. */
  uint8_t *Take(uint64_t size) {
    void *memory = nullptr;
    EXPECT_STATUS(DRY_OK, Alloc(size, &memory)) << size << " bytes";
    return static_cast<uint8_t *>(memory);
  }
  dry_status Free(void *memory) { return dry_slab_free(&handle, memory); }
  dry_status Validate() { return dry_slab_validate(&handle, &detail); }
  dry_slab_stats Stats() const {
    dry_slab_stats stats = {};
    EXPECT_STATUS(DRY_OK, dry_slab_get_stats(&handle, &stats));
    return stats;
  }
  uint64_t Usable(const void *memory) const {
    uint64_t bytes = 0;
    EXPECT_STATUS(DRY_OK, dry_slab_usable_bytes(&handle, memory, &bytes));
    return bytes;
  }

  dry_slab handle = {};
  dry_detail detail = {};

 private:
  bool validate_ = true;
};

}  // namespace support

#endif
