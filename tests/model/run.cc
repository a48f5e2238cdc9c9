/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <gtest/gtest.h>

#include "tests/model/model.h"
#include "tests/support/status.h"

namespace model {

using support::Entry;
using support::Region;

Run::Run(const Shape &shape, uint64_t seed)
    : shape_(shape), random_(seed), path_(dir_.File("region")), plain_(shape.entries, shape.bytes) {
  if (shape.kind == DRY_REGION_SHARED) {
    shared_ = std::make_unique<support::SharedName>();
    path_ = shared_->c_str();
  }
  const dry_kv_options options = support::KvOptions(shape.entries, shape.bytes, random_.Next());
  region_ = std::make_unique<Region>();
  EXPECT_STATUS(DRY_OK, region_->Create(shape.kind, support::RegionBytesFor(options), path_.c_str()));
  EXPECT_STATUS(DRY_OK, dry_kv_create(&region_->handle, "kv", 2, &options, &writer_, &region_->detail))
      << region_->detail.text;
}

Run::~Run() { dry_kv_writer_close(&writer_); }

std::string Run::Key() {
  const uint64_t number = random_.Below(shape_.keys);
  // Every eighth key is long, so that keys span words and blocks of all classes.
  return (number % 8 == 0 ? std::string(40 + number % 50, 'k') : "k") + std::to_string(number);
}

std::string Run::Value() {
  const size_t most = random_.OneIn(4) ? shape_.value_max : shape_.value_max / 8;
  return random_.Bytes(random_.Below(most + 1));
}

void Run::Write() {
  const std::string key = Key(), value = Value();
  uint64_t wanted = 0, got = 0;
  switch (random_.Below(6)) {
    case 0:
      ASSERT_STATUS(plain_.PutNew(key, value, &wanted), support::PutNew(&writer_, key, value, &got)) << key;
      break;
    case 1: {
      const auto found = plain_.all().find(key);
      uint64_t expected = found == plain_.all().end() ? 1 : found->second.version;
      if (random_.OneIn(4)) expected++;
      ASSERT_STATUS(plain_.Replace(key, value, expected, &wanted),
                    support::Replace(&writer_, key, value, expected, &got))
          << key;
      break;
    }
    case 2:
      ASSERT_STATUS(plain_.Delete(key, &wanted), support::Delete(&writer_, key, &got)) << key;
      break;
    default:
      ASSERT_STATUS(plain_.Put(key, value, &wanted), support::Put(&writer_, key, value, &got))
          << key << " with " << value.size() << " bytes, " << plain_.used() << " of " << shape_.bytes << " used";
  }
  ASSERT_EQ(wanted, got);
}

void Run::Read() {
  const std::string key = Key();
  const auto found = plain_.all().find(key);
  std::string value;
  uint64_t version = 0;
  uint32_t there = 9;
  ASSERT_STATUS(DRY_OK, dry_kv_contains(reader(), key.data(), key.size(), &there));
  ASSERT_EQ(plain_.all().count(key), there);
  ASSERT_STATUS(there ? DRY_OK : DRY_NOT_FOUND, support::Get(reader(), key, &value, &version)) << key;
  if (!there) return;
  ASSERT_TRUE(found->second.value == value) << key;
  ASSERT_EQ(found->second.version, version) << key;
  dry_kv_value_view view = {};
  ASSERT_STATUS(DRY_OK, dry_kv_view(reader(), key.data(), key.size(), &view));
  ASSERT_TRUE(found->second.value == std::string(static_cast<const char *>(view.value), view.value_bytes)) << key;
  ASSERT_STATUS(DRY_OK, dry_kv_view_check(reader(), &view));
}

void Run::OpenWriter() {
  ASSERT_STATUS(DRY_OK, dry_kv_open(&region_->handle, "kv", 2, &writer_, &region_->detail)) << region_->detail.text;
}

void Run::ReopenPart() {
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&writer_));
  OpenWriter();
}

void Run::ReopenRegion() {
  if (shape_.kind == DRY_REGION_MEMORY) return ReopenPart();
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&writer_));
  region_ = std::make_unique<Region>();
  ASSERT_STATUS(DRY_OK, region_->Open(shape_.kind, path_.c_str(), DRY_MODE_WRITE)) << region_->detail.text;
  OpenWriter();
}

void Run::SaveAndLoad() {
  const std::string image = dir_.File("image");
  ASSERT_STATUS(DRY_OK, region_->Save(image)) << region_->detail.text;
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&writer_));
  region_ = std::make_unique<Region>();
  if (shape_.kind == DRY_REGION_FILE) path_ = dir_.File("region" + std::to_string(++loads_));
  if (shape_.kind == DRY_REGION_SHARED) {
    shared_ = std::make_unique<support::SharedName>();
    path_ = shared_->c_str();
  }
  ASSERT_STATUS(DRY_OK, region_->Load(image, shape_.kind, path_.c_str())) << region_->detail.text;
  OpenWriter();
}

void Run::One() {
  const uint64_t draw = random_.Below(1000);
  if (draw == 0) return ReopenRegion();
  if (draw == 1) return SaveAndLoad();
  if (draw < 4) return ReopenPart();
  if (draw < 6) return CompareAll();
  return draw < 600 ? Write() : Read();
}

void Run::Operations(uint64_t count) {
  for (uint64_t i = 0; i < count && !testing::Test::HasFailure(); i++) {
    SCOPED_TRACE("operation " + std::to_string(i));
    One();
  }
  CompareAll();
}

std::string Run::Difference(dry_kv_reader *reader) const {
  const std::map<std::string, Entry> stored = support::All(reader);
  for (const auto &[key, entry] : plain_.all()) {
    const auto found = stored.find(key);
    if (found == stored.end()) return key + " is missing";
    if (!(found->second == entry)) return key + " has another value or version";
  }
  if (stored.size() != plain_.all().size()) return "there are keys that nobody put";
  const dry_kv_stats stats = support::KvStats(reader);
  if (stats.entries != plain_.all().size()) return "entries: " + std::to_string(stats.entries);
  if (stats.data_bytes != plain_.used()) return "data_bytes: " + std::to_string(stats.data_bytes);
  if (stats.version != plain_.version()) return "version: " + std::to_string(stats.version);
  return "";
}

void Run::CompareAll() {
  EXPECT_EQ("", Difference(reader()));
  support::Reader fresh(*region_, DRY_KV_READ_CHECKED);
  EXPECT_EQ("", Difference(fresh.get()));
  EXPECT_STATUS(DRY_OK, region_->Verify()) << region_->detail.text;
}

}  // namespace model
