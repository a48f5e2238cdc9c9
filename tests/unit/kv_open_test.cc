/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::KvOptions;
using support::Region;
using support::Store;

dry_status Required(dry_kv_options options) {
  uint64_t bytes = 77;
  const dry_status status = dry_kv_required_bytes(&options, &bytes);
  if (status != DRY_OK) {
    EXPECT_EQ(0u, bytes) << "outputs are zero after an error";
  }
  return status;
}

TEST(KvRequiredBytes, HoldsTheDataAskedForAndGrowsWithIt) {
  uint64_t small = 0, large = 0;
  const dry_kv_options one = KvOptions(10, 1000), two = KvOptions(10, 100000);
  ASSERT_STATUS(DRY_OK, dry_kv_required_bytes(&one, &small));
  ASSERT_STATUS(DRY_OK, dry_kv_required_bytes(&two, &large));
  EXPECT_GT(small, 1000u + DRY_KV_HEADER_BYTES);
  EXPECT_GT(large, 100000u);
}

TEST(KvRequiredBytes, RefusesWhatIsOutsideTheLimits) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Required(KvOptions(0, 1000)));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Required(KvOptions(10, 0)));
  for (const dry_kv_options &options : {KvOptions(DRY_KV_ENTRIES_MAX + uint64_t{1}, 1000), KvOptions(UINT64_MAX, 1000),
                                        KvOptions(10, DRY_KV_BYTES_MAX + uint64_t{1}), KvOptions(10, UINT64_MAX)}) {
    const dry_status status = Required(options);
    EXPECT_TRUE(status == DRY_TOO_LARGE || status == DRY_INVALID_ARGUMENT) << dry_status_name(status);
  }
}

TEST(KvRequiredBytes, NeverWrapsNearTheLimits) {
  dry_kv_options options = KvOptions(DRY_KV_ENTRIES_MAX, DRY_KV_BYTES_MAX);
  uint64_t bytes = 0;
  const dry_status status = dry_kv_required_bytes(&options, &bytes);
  EXPECT_TRUE(status == DRY_OK || status == DRY_TOO_LARGE) << dry_status_name(status);
  if (status == DRY_OK) {
    EXPECT_GT(bytes, static_cast<uint64_t>(DRY_KV_BYTES_MAX));
  }
}

TEST(KvRequiredBytes, RefusesUnknownOptions) {
  dry_kv_options options = KvOptions(10, 1000);
  options.struct_size = 4;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Required(options));
  options = KvOptions(10, 1000);
  options.layout = 9;
  EXPECT_STATUS(DRY_UNSUPPORTED, Required(options));
  options = KvOptions(10, 1000);
  options.has_seed = 2;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Required(options));
  options = KvOptions(10, 1000);
  options.reserved = 1;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Required(options));
}

TEST(KvInit, MakesAStoreInABareSpan) {
  const dry_kv_options options = KvOptions(10, 1000);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_kv_required_bytes(&options, &bytes));
  Buffer span((bytes + 63) / 64 * 64);
  ASSERT_STATUS(DRY_OK, dry_kv_init(span.data(), span.size(), &options));
  dry_kv_writer writer = {};
  dry_detail detail;
  ASSERT_STATUS(DRY_OK, dry_kv_writer_attach(span.data(), span.size(), &writer, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, support::Put(&writer, "key", "value"));
  dry_kv_reader reader = {};
  ASSERT_STATUS(DRY_OK, dry_kv_reader_attach(span.data(), span.size(), 0, &reader, &detail)) << detail.text;
  EXPECT_EQ("value", support::GetOr(&reader, "key"));
  EXPECT_STATUS(DRY_OK, dry_kv_verify(&reader, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, dry_kv_reader_close(&reader));
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&writer));
}

TEST(KvInit, RefusesASpanThatIsTooSmallOrMisaligned) {
  const dry_kv_options options = KvOptions(10, 1000);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_kv_required_bytes(&options, &bytes));
  Buffer span((bytes + 127) / 64 * 64);
  EXPECT_STATUS(DRY_FULL, dry_kv_init(span.data(), bytes - 1, &options));
  EXPECT_STATUS(DRY_FULL, dry_kv_init(span.data(), 0, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_init(span.data() + 8, bytes, &options));
  EXPECT_EQ(std::string(span.size(), '\0'), span.Copy());
}

TEST(KvAttach, RefusesWhatIsNoStore) {
  Buffer span(65536);
  dry_kv_reader reader = {};
  dry_kv_writer writer = {};
  dry_detail detail;
  for (uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{65536}}) {
    EXPECT_STATUS(DRY_CORRUPT, dry_kv_reader_attach(span.data(), bytes, 0, &reader, &detail)) << bytes;
    EXPECT_STATUS(DRY_CORRUPT, dry_kv_writer_attach(span.data(), bytes, &writer, &detail)) << bytes;
    EXPECT_NE('\0', detail.text[0]);
  }
}

TEST(KvAttach, RefusesUnknownFlags) {
  Store store(10, 1000);
  dry_kv_reader reader = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_open(&store.region.handle, "kv", 2, 0x10, &reader, nullptr));
}

TEST(KvOpen, SaysNotFoundForAMissingPartAndNamesIt) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  dry_kv_writer writer = {};
  dry_kv_reader reader = {};
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_open(&region.handle, "prices", 6, &writer, &region.detail));
  EXPECT_NE(nullptr, strstr(region.detail.text, "prices")) << region.detail.text;
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_reader_open(&region.handle, "prices", 6, 0, &reader, &region.detail));
}

TEST(KvOpen, GivesFurtherHandlesOfTheSameWriter) {
  Store store(10, 1000);
  dry_kv_writer second = {}, third = {};
  uint64_t version = 0;
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "a", "by the first"));
  ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &second, &store.region.detail));
  EXPECT_STATUS(DRY_OK, support::Put(&second, "a", "by the second", &version));
  EXPECT_EQ(2u, version);
  EXPECT_STATUS(DRY_OK, support::Put(&store.writer, "b", "by the first", &version));
  EXPECT_EQ(3u, version);
  EXPECT_EQ("by the second", support::GetOr(store.reader(), "a"));
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&store.writer));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&store.writer, "c", ""));
  EXPECT_STATUS(DRY_OK, support::Put(&second, "c", "after the first has gone", &version));
  EXPECT_EQ(4u, version);
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&second));
  ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &third, &store.region.detail));
  EXPECT_STATUS(DRY_OK, support::Put(&third, "d", "", &version));
  EXPECT_EQ(5u, version);
  EXPECT_EQ(4u, support::KvStats(dry_kv_writer_reader(&third)).entries);
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&third));
}

TEST(KvOpen, ClosingTheRegionClosesEveryHandleOfAWriter) {
  Store store(10, 1000);
  dry_kv_writer second = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &second, nullptr));
  ASSERT_STATUS(DRY_OK, store.region.Close());
  EXPECT_STATUS(DRY_CLOSED, support::Put(&store.writer, "a", ""));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&second, "a", ""));
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&store.writer));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&second, "a", ""));
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&second));
}

TEST(KvOpen, TwoPartsHaveAWriterEach) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  const dry_kv_options options = KvOptions(10, 1000);
  dry_kv_writer a = {}, b = {};
  ASSERT_STATUS(DRY_OK, dry_kv_create(&region.handle, "a", 1, &options, &a, nullptr));
  ASSERT_STATUS(DRY_OK, dry_kv_create(&region.handle, "b", 1, &options, &b, nullptr));
  ASSERT_STATUS(DRY_OK, support::Put(&a, "key", "of a"));
  ASSERT_STATUS(DRY_OK, support::Put(&b, "key", "of b"));
  EXPECT_EQ("of a", support::GetOr(dry_kv_writer_reader(&a), "key"));
  EXPECT_EQ("of b", support::GetOr(dry_kv_writer_reader(&b), "key"));
  dry_kv_writer_close(&a);
  dry_kv_writer_close(&b);
}

TEST(KvOpen, FindsEveryEntryAgain) {
  support::TempDir dir;
  const std::string path = dir.File("r");
  std::map<std::string, support::Entry> before;
  {
    Store store(KvOptions(200, 20000), DRY_REGION_FILE, path.c_str());
    for (int i = 0; i < 600; i++) {
      ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key-" + std::to_string(i % 150), std::string(i % 90, 'v')));
    }
    before = support::All(store.reader());
  }
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE));
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail)) << region.detail.text;
  EXPECT_EQ(before, support::All(dry_kv_writer_reader(&writer)));
  EXPECT_EQ(600u, support::KvStats(dry_kv_writer_reader(&writer)).version);
  dry_kv_writer_close(&writer);
}

uint64_t SeedOf(Store &store) {
  dry_part_info part;
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&store.region.handle, 0, &part));
  uint64_t seed = 0;
  memcpy(&seed, store.region.Bytes().data() + part.offset + offsetof(dry_kv_header, seed), sizeof seed);
  return seed;
}

TEST(KvSeed, IsDrawnAfreshUnlessGiven) {
  dry_kv_options options = KvOptions(10, 1000);
  options.has_seed = 0;
  options.seed = 0;
  Store one(options), two(options), three(KvOptions(10, 1000, 99));
  EXPECT_NE(SeedOf(one), SeedOf(two));
  EXPECT_EQ(99u, SeedOf(three));
}

TEST(KvClose, ClosesAgainWithoutHarm) {
  Store store(10, 1000);
  support::Reader reader(store.region);
  for (int i = 0; i < 2; i++) {
    EXPECT_STATUS(DRY_OK, dry_kv_reader_close(reader.get()));
    EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&store.writer));
  }
  EXPECT_EQ("<closed>", support::GetOr(reader.get(), "key"));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&store.writer, "key", "value"));
  EXPECT_EQ(0u, dry_kv_reader_retries(reader.get()));
}

TEST(KvClose, OfOneReaderLeavesTheOthers) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  support::Reader one(store.region), two(store.region);
  dry_kv_reader_close(one.get());
  EXPECT_EQ("value", support::GetOr(two.get(), "key"));
}

}  // namespace
