/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* region.h: regions as test objects: short to make, verified and closed at the end. */
#ifndef DRYSTONE_TESTS_SUPPORT_REGION_H
#define DRYSTONE_TESTS_SUPPORT_REGION_H

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "drystone/drystone.h"

namespace support {

dry_region_options CreateOptions(uint32_t kind, uint64_t size_bytes, const char *name = nullptr);
dry_region_open_options OpenOptions(uint32_t kind, const char *name, uint32_t mode, uint32_t flags = 0);

/** Bytes of a region with that many entries in its directory, and one part of `part_bytes`. */
uint64_t RegionBytesForPart(uint64_t part_bytes, uint32_t part_capacity);

/** Memory for a BUFFER region, aligned to 64 and exactly that long, so that AddressSanitizer sees any step outside. */
class Buffer {
 public:
  explicit Buffer(size_t size);
  explicit Buffer(const std::string &bytes);
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  uint8_t *data() const { return data_; }
  size_t size() const { return size_; }
  std::string Copy() const { return std::string(reinterpret_cast<const char *>(data_), size_); }

 private:
  uint8_t *data_;
  size_t size_;
};

dry_region_options BufferCreateOptions(const Buffer &buffer);
dry_region_open_options BufferOpenOptions(const Buffer &buffer, uint32_t mode);

/** An open region. Its teardown verifies what the test made, unless the test damaged it on purpose. */
class Region {
 public:
  Region() = default;
  ~Region();
  Region(const Region &) = delete;
  Region &operator=(const Region &) = delete;

  dry_status Create(const dry_region_options &options) { return dry_region_create(&options, &handle, &detail); }
  dry_status Create(uint32_t kind, uint64_t size_bytes, const char *name = nullptr);
  dry_status Open(const dry_region_open_options &options) { return dry_region_open(&options, &handle, &detail); }
  dry_status Open(uint32_t kind, const char *name, uint32_t mode, uint32_t flags = 0);
  dry_status Load(const std::string &path, uint32_t kind, const char *name = nullptr);
  dry_status Save(const std::string &path) { return dry_region_save(&handle, path.c_str(), &detail); }
  dry_status Verify() { return dry_region_verify(&handle, &detail); }
  dry_status Close() { return dry_region_close(&handle); }
  /** From here on the region may be damaged: nothing is verified at the end. */
  void DoNotVerify() { verify_ = false; }

  dry_region_stats Stats();
  std::string Bytes();

  dry_region handle = {};
  dry_detail detail = {};

 private:
  bool verify_ = true;
};

}  // namespace support

#endif
