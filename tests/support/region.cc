/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/region.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>

namespace support {

dry_region_options CreateOptions(uint32_t kind, uint64_t size_bytes, const char *name) {
  dry_region_options options = {};
  options.struct_size = sizeof options;
  options.kind = kind;
  options.name = name;
  options.size_bytes = size_bytes;
  return options;
}

dry_region_open_options OpenOptions(uint32_t kind, const char *name, uint32_t mode, uint32_t flags) {
  dry_region_open_options options = {};
  options.struct_size = sizeof options;
  options.kind = kind;
  options.name = name;
  options.mode = mode;
  options.flags = flags;
  return options;
}

uint64_t RegionBytesForPart(uint64_t part_bytes, uint32_t part_capacity) {
  const uint64_t page = DRY_REGION_PAGE_BYTES;
  const auto round_up = [page](uint64_t bytes) { return (bytes + page - 1) / page * page; };
  const uint64_t directory = round_up(DRY_REGION_DIRECTORY_OFFSET + part_capacity * sizeof(dry_part_entry));
  const uint64_t bytes = directory + round_up(part_bytes);
  return bytes < DRY_REGION_BYTES_MIN ? DRY_REGION_BYTES_MIN : bytes;
}

Buffer::Buffer(size_t size) : data_(static_cast<uint8_t *>(std::aligned_alloc(64, size))), size_(size) {
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_, 0, size);
}

Buffer::Buffer(const std::string &bytes) : Buffer(bytes.size()) { std::memcpy(data_, bytes.data(), bytes.size()); }

dry_region_options BufferCreateOptions(const Buffer &buffer) {
  dry_region_options options = CreateOptions(DRY_REGION_BUFFER, buffer.size());
  options.buffer = buffer.data();
  return options;
}

dry_region_open_options BufferOpenOptions(const Buffer &buffer, uint32_t mode) {
  dry_region_open_options options = OpenOptions(DRY_REGION_BUFFER, nullptr, mode);
  options.buffer = buffer.data();
  options.buffer_bytes = buffer.size();
  return options;
}

Region::~Region() {
  if (verify_ && handle.mapping != nullptr) {
    const dry_status status = dry_region_verify(&handle, &detail);
    EXPECT_TRUE(status == DRY_OK || status == DRY_CLOSED) << detail.text;
  }
  dry_region_close(&handle);
}

dry_status Region::Create(uint32_t kind, uint64_t size_bytes, const char *name) {
  return Create(CreateOptions(kind, size_bytes, name));
}

dry_status Region::Open(uint32_t kind, const char *name, uint32_t mode, uint32_t flags) {
  return Open(OpenOptions(kind, name, mode, flags));
}

dry_status Region::Load(const std::string &path, uint32_t kind, const char *name) {
  const dry_region_options options = CreateOptions(kind, 0, name);
  return dry_region_load(path.c_str(), &options, &handle, &detail);
}

dry_region_stats Region::Stats() {
  dry_region_stats stats = {};
  EXPECT_EQ(DRY_OK, dry_region_get_stats(&handle, &stats));
  return stats;
}

std::string Region::Bytes() {
  const void *base = nullptr;
  uint64_t size = 0;
  EXPECT_EQ(DRY_OK, dry_region_memory(&handle, &base, &size));
  return std::string(static_cast<const char *>(base), size);
}

}  // namespace support
