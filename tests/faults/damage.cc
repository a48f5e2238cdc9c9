/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/faults/damage.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/status.h"

namespace faults {

using support::Region;

Sample MakeSample() {
  Sample sample;
  Region region;
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 20480);
  options.part_capacity = 2;
  options.creation_id[0] = 1;
  EXPECT_STATUS(DRY_OK, region.Create(options));
  const dry_kv_options kv = support::KvOptions(26, 900);
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &kv, &writer, &region.detail)) << region.detail.text;
  for (int i = 0; i < 60; i++) {
    const std::string key = "k" + std::to_string(i % 26);
    EXPECT_STATUS(DRY_OK, support::Put(&writer, key, support::Stamped(key, std::string(i * 7 % 20, 'v'))));
  }
  EXPECT_STATUS(DRY_OK, support::Delete(&writer, "k3"));
  EXPECT_STATUS(DRY_OK, support::Delete(&writer, "k20"));
  sample.entries = support::All(dry_kv_writer_reader(&writer));
  dry_part_info part;
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&region.handle, 0, &part));
  dry_kv_writer_close(&writer);
  sample.bytes = region.Bytes();
  sample.part_offset = part.offset;
  memcpy(&sample.header, sample.bytes.data() + part.offset, sizeof sample.header);
  return sample;
}

namespace {

/** Reads everything through every call; true when all is as it was. */
bool ReadAll(dry_kv_reader *reader, const Sample &sample, uint64_t *wrong_values) {
  bool right = true;
  std::string value;
  for (const auto &[key, entry] : sample.entries) {
    uint64_t version = 0;
    const dry_status status = support::Get(reader, key, &value, &version);
    const bool same = value == entry.value && version == entry.version;
    right &= status == DRY_OK && same;
    *wrong_values += status == DRY_OK && !support::IsWhole(key, value.data(), value.size());
    dry_kv_value_view view = {};
    if (dry_kv_view(reader, key.data(), key.size(), &view) == DRY_OK) dry_kv_view_check(reader, &view);
  }
  right &= support::Get(reader, "none", &value) == DRY_NOT_FOUND;
  right &= support::Get(reader, "k3", &value) == DRY_NOT_FOUND;
  char room[64];
  uint64_t cursor = 0, met = 0;
  size_t bytes = 0;
  dry_status status;
  while ((status = dry_kv_next(reader, &cursor, room, sizeof room, &bytes, nullptr, 0, nullptr, nullptr)) == DRY_OK) {
    met++;
  }
  return right && status == DRY_NOT_FOUND && met == sample.entries.size();
}

}  // namespace

Outcome LookAt(const std::string &bytes, const Sample &sample) {
  Outcome outcome;
  const support::Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  const dry_status opened = region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ));
  outcome.text = region.detail.text;
  outcome.has_place = opened != DRY_OK && !outcome.text.empty();
  if (opened != DRY_OK) return outcome;
  const dry_status verified = region.Verify();
  outcome.verified = verified == DRY_OK;
  if (verified != DRY_OK) {
    outcome.text = region.detail.text;
    outcome.has_place = !outcome.text.empty();
  }
  dry_kv_reader plain = {}, checked = {};
  const dry_status part = dry_kv_reader_open(&region.handle, "kv", 2, 0, &plain, nullptr);
  outcome.opened = part == DRY_OK;
  if (part != DRY_OK) return outcome;
  dry_kv_reader_open(&region.handle, "kv", 2, DRY_KV_READ_CHECKED, &checked, nullptr);
  uint64_t unchecked = 0;
  ReadAll(&plain, sample, &unchecked);
  outcome.reads_right = ReadAll(&checked, sample, &outcome.wrong_values);
  dry_kv_reader_close(&plain);
  dry_kv_reader_close(&checked);
  return outcome;
}

bool WriteTo(const std::string &bytes, const Sample &sample, bool *entries_right) {
  const support::Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)) != DRY_OK) return false;
  dry_kv_writer writer = {};
  if (dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) != DRY_OK) return false;
  dry_kv_reader checked = {};
  EXPECT_STATUS(DRY_OK, dry_kv_reader_open(&region.handle, "kv", 2, DRY_KV_READ_CHECKED, &checked, nullptr));
  uint64_t ignored = 0;
  *entries_right = ReadAll(&checked, sample, &ignored);
  for (int i = 0; i < 300; i++) {
    const std::string key = "k" + std::to_string(i % 28);
    if (i % 5 == 0) {
      support::Delete(&writer, key);
    } else {
      support::Put(&writer, key, std::string(i % 60, 'w'));
    }
  }
  dry_kv_reader_close(&checked);
  dry_kv_writer_close(&writer);
  return true;
}

}  // namespace faults
