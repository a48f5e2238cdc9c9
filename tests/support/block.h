/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* block.h: what pools, shared pools and index maps as test objects have in common: made, validated and closed. */
#ifndef DRYSTONE_TESTS_SUPPORT_BLOCK_H
#define DRYSTONE_TESTS_SUPPORT_BLOCK_H

#include <string>

#include "tests/support/region.h"
#include "tests/support/status.h"

namespace support {

/** An open block. Its teardown validates what the test made, unless the test damaged it on purpose. */
template <typename Handle, typename Options, auto kCreate, auto kCreateIn, auto kOpen, auto kValidate, auto kClose>
class Block {
 public:
  Block() = default;
  /** In private memory. */
  explicit Block(const Options &options) {
    EXPECT_STATUS(DRY_OK, kCreate(&options, &handle, &detail)) << detail.text;
  }
  ~Block() {
    if (validate_ && handle.header != nullptr) {
      const dry_status status = Validate();
      EXPECT_TRUE(status == DRY_OK || status == DRY_CLOSED) << detail.text;
    }
    EXPECT_STATUS(DRY_OK, Close());
  }
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  dry_status CreateIn(Region *region, const Options &options, const std::string &name = "pool") {
    return kCreateIn(&region->handle, name.data(), name.size(), &options, &handle, &detail);
  }
  dry_status Open(Region *region, const std::string &name = "pool") {
    return kOpen(&region->handle, name.data(), name.size(), &handle, &detail);
  }
  dry_status Close() { return kClose(&handle); }
  Handle *get() { return &handle; }
  dry_status Validate() { return kValidate(&handle, &detail); }
  /** From here on the block may be damaged: nothing is validated at the end. */
  void DoNotValidate() { validate_ = false; }

  Handle handle = {};
  dry_detail detail = {};

 private:
  bool validate_ = true;
};

}  // namespace support

#endif
