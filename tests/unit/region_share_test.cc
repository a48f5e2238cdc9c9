/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* DRY_MODE_SHARE: beside the writer, for parts that any number of processes change, and for nothing else. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::Region;
using support::SharedPool;
using support::SharedPoolOptions;

const dry_shared_pool_options kPool = SharedPoolOptions(64, 500, 8);

/** A region in a file with a store "kv" and a shared pool "pool", whose writer stays attached. */
class Share : public testing::Test {
 protected:
  void SetUp() override {
    const dry_kv_options kv = support::KvOptions(20, 2000);
    const uint64_t bytes = support::RegionBytesFor(kv) + support::RegionBytesFor(kPool) + 65536;
    ASSERT_STATUS(DRY_OK, writer.Create(DRY_REGION_FILE, bytes, path.c_str())) << writer.detail.text;
    ASSERT_STATUS(DRY_OK, dry_kv_create(&writer.handle, "kv", 2, &kv, &store, nullptr));
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&writer, kPool)) << pool.detail.text;
    ASSERT_STATUS(DRY_OK, support::Put(&store, "key", "value"));
  }
  void TearDown() override { dry_kv_writer_close(&store); }

  support::TempDir dir;
  const std::string path = dir.File("region");
  Region writer;
  SharedPool pool;
  dry_kv_writer store = {};
};

TEST_F(Share, WorksBesideAWriterAndOtherSharers) {
  Region first, second;
  ASSERT_STATUS(DRY_OK, first.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE)) << first.detail.text;
  ASSERT_STATUS(DRY_OK, second.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE)) << second.detail.text;
  EXPECT_EQ(uint32_t{DRY_MODE_SHARE}, first.Stats().mode);
  SharedPool one, two;
  ASSERT_STATUS(DRY_OK, one.Open(&first)) << one.detail.text;
  ASSERT_STATUS(DRY_OK, two.Open(&second)) << two.detail.text;
  Cache mine(one), theirs(two), writers(pool);
  const uint32_t slot = mine.Take();
  EXPECT_STATUS(DRY_OK, dry_shared_pool_fill(one.get(), slot, 'x'));
  char byte = 0;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_read(two.get(), slot, 63, &byte, 1));
  EXPECT_EQ('x', byte);
  EXPECT_STATUS(DRY_OK, theirs.Release(slot));
  EXPECT_STATUS(DRY_STALE, writers.Release(slot));
  EXPECT_STATUS(DRY_OK, support::Put(&store, "still", "the writer"));
}

TEST_F(Share, TheWriterMayComeAndGo) {
  Region sharer;
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
  SharedPool shared;
  ASSERT_STATUS(DRY_OK, shared.Open(&sharer));
  Cache cache(shared);
  const uint32_t slot = cache.Take();
  dry_kv_writer_close(&store);
  ASSERT_STATUS(DRY_OK, pool.Close());
  ASSERT_STATUS(DRY_OK, writer.Close());
  EXPECT_STATUS(DRY_OK, cache.Release(slot)) << "nobody is the writer now";
  Region next;
  ASSERT_STATUS(DRY_OK, next.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE)) << "a sharer holds no writer's lock";
  EXPECT_STATUS(DRY_OK, dry_kv_open(&next.handle, "kv", 2, &store, nullptr));
  EXPECT_NE(~0u, cache.Take());
}

TEST_F(Share, WhatIsTheWritersAloneIsReadOnly) {
  Region sharer;
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
  const std::string before = writer.Bytes();
  dry_detail detail = {};
  dry_kv_writer none = {};
  const dry_kv_options kv = support::KvOptions(1, 10);
  EXPECT_STATUS(DRY_READ_ONLY, dry_kv_open(&sharer.handle, "kv", 2, &none, &detail));
  EXPECT_STATUS(DRY_READ_ONLY, dry_kv_create(&sharer.handle, "more", 4, &kv, &none, &detail));
  SharedPool more;
  EXPECT_STATUS(DRY_READ_ONLY, more.CreateIn(&sharer, SharedPoolOptions(8, 8, 1), "more"));
  dry_pool simple = {};
  dry_pool_options options = {};
  options.struct_size = sizeof options;
  options.object_bytes = options.capacity_slots = 8;
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_create_in(&sharer.handle, "more", 4, &options, &simple, &detail));
  dry_index_map map = {};
  dry_index_map_options indices = {};
  indices.struct_size = sizeof indices;
  indices.capacity = 8;
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_create_in(&sharer.handle, "more", 4, &indices, &map, &detail));
  EXPECT_STREQ(before == writer.Bytes() ? "same" : "changed", "same");
}

TEST_F(Share, ReadersOfAStoreWorkAsEver) {
  Region sharer;
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
  support::Reader reader(sharer);
  EXPECT_EQ("value", support::GetOr(reader.get(), "key"));
  ASSERT_STATUS(DRY_OK, support::Put(&store, "key", "new"));
  EXPECT_EQ("new", support::GetOr(reader.get(), "key"));
  EXPECT_STATUS(DRY_OK, sharer.Verify()) << sharer.detail.text;
}

TEST_F(Share, AReaderOfThePoolChangesNothing) {
  Cache cache(pool);
  const uint32_t slot = cache.Take();
  ASSERT_STATUS(DRY_OK, dry_shared_pool_fill(pool.get(), slot, 'r'));
  Region reader;
  ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  SharedPool looked;
  ASSERT_STATUS(DRY_OK, looked.Open(&reader)) << looked.detail.text;
  Cache none;
  uint32_t other = 9;
  uint64_t slots = 9;
  EXPECT_STATUS(DRY_READ_ONLY, none.Open(looked));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_acquire(looked.get(), &other));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_release(looked.get(), slot));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_release_at(looked.get(), 0));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_fill(looked.get(), slot, 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_write(looked.get(), slot, 0, "x", 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_reset(looked.get()));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_reclaim(looked.get(), &slots, nullptr));
  EXPECT_STATUS(DRY_READ_ONLY, dry_shared_pool_repair(looked.get(), nullptr));
  char byte = 0;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_read(looked.get(), slot, 0, &byte, 1));
  EXPECT_EQ('r', byte);
  EXPECT_EQ(1u, looked.Stats().in_use);
  EXPECT_STATUS(DRY_OK, looked.Validate()) << looked.detail.text;
}

TEST_F(Share, ADescriptorAndASharedObjectCanBeSharedToo) {
  support::SharedName name;
  Region owner;
  ASSERT_STATUS(DRY_OK, owner.Create(DRY_REGION_SHARED, support::RegionBytesFor(kPool) + 65536, name.c_str()));
  SharedPool mine;
  ASSERT_STATUS(DRY_OK, mine.CreateIn(&owner, kPool));
  Region by_name, by_descriptor;
  ASSERT_STATUS(DRY_OK, by_name.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_SHARE)) << by_name.detail.text;
  dry_region_open_options options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_SHARE);
  ASSERT_STATUS(DRY_OK, dry_region_descriptor(&owner.handle, &options.descriptor));
  ASSERT_STATUS(DRY_OK, by_descriptor.Open(options)) << by_descriptor.detail.text;
  SharedPool one, two;
  ASSERT_STATUS(DRY_OK, one.Open(&by_name));
  ASSERT_STATUS(DRY_OK, two.Open(&by_descriptor));
  Cache cache(one), other(two);
  EXPECT_STATUS(DRY_OK, other.Release(cache.Take()));
}

TEST_F(Share, ABufferIsSharedByItsOwnersRules) {
  support::Buffer buffer(support::RegionBytesFor(kPool) / 4096 * 4096 + 65536);
  Region owner, sharer;
  ASSERT_STATUS(DRY_OK, owner.Create(support::BufferCreateOptions(buffer))) << owner.detail.text;
  SharedPool mine, theirs;
  ASSERT_STATUS(DRY_OK, mine.CreateIn(&owner, kPool));
  ASSERT_STATUS(DRY_OK, sharer.Open(support::BufferOpenOptions(buffer, DRY_MODE_SHARE))) << sharer.detail.text;
  ASSERT_STATUS(DRY_OK, theirs.Open(&sharer));
  Cache one(mine), two(theirs);
  EXPECT_EQ(0u, mine.Reclaim()) << "there is no lock that could say that somebody has died";
  EXPECT_STATUS(DRY_OK, two.Release(one.Take()));
}

TEST_F(Share, OnlyAFileThatIsOnesOwnAlone) {
  const std::string link = dir.File("link");
  ASSERT_EQ(0, ::link(path.c_str(), link.c_str()));
  Region sharer;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
  EXPECT_NE(nullptr, strstr(sharer.detail.text, "hard links"));
  ASSERT_EQ(0, unlink(link.c_str()));
  ASSERT_EQ(0, symlink(path.c_str(), link.c_str()));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, sharer.Open(DRY_REGION_FILE, link.c_str(), DRY_MODE_SHARE));
  EXPECT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
}

TEST_F(Share, ADescriptorForReadingIsNotShared) {
  dry_region_open_options options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_SHARE);
  ASSERT_EQ(0, chmod(path.c_str(), 0400));
  options.descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_LE(0, options.descriptor);
  Region sharer;
  const dry_status status = sharer.Open(options);
  // The superuser may open anything anew.
  EXPECT_STATUS(geteuid() == 0 ? DRY_OK : DRY_IO, status) << sharer.detail.text;
  close(options.descriptor);
}

TEST_F(Share, TakingOverIsForWriters) {
  Region sharer;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE, DRY_REGION_TAKE_OVER));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, sharer.Open(DRY_REGION_FILE, path.c_str(), 4));
}

TEST_F(Share, ASealIsBroken) {
  dry_kv_writer_close(&store);
  ASSERT_STATUS(DRY_OK, writer.Save(dir.File("image"))) << writer.detail.text;
  Region sharer;
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, dir.File("image").c_str(), DRY_MODE_SHARE)) << sharer.detail.text;
  EXPECT_EQ(0u, sharer.Stats().sealed);
  SharedPool shared;
  ASSERT_STATUS(DRY_OK, shared.Open(&sharer));
  Cache cache(shared);
  (void)cache.Take();
  EXPECT_STATUS(DRY_OK, sharer.Verify()) << sharer.detail.text;
}

TEST_F(Share, ClosingTheRegionClosesItsPoolsAndCaches) {
  Region sharer;
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE));
  const support::Held held = support::HeldNow();
  {
    SharedPool shared;
    ASSERT_STATUS(DRY_OK, shared.Open(&sharer));
    Cache cache(shared);
    const uint32_t slot = cache.Take();
    ASSERT_STATUS(DRY_OK, sharer.Close());
    uint32_t other = 0;
    EXPECT_STATUS(DRY_CLOSED, cache.Acquire(&other));
    EXPECT_STATUS(DRY_CLOSED, cache.Release(slot));
    EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_flush(cache.get()));
    EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_adopt(cache.get(), slot));
    EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_acquire(shared.get(), &other));
    EXPECT_STATUS(DRY_BUSY, shared.Close()) << "its cache is still open";
  }
  EXPECT_EQ(held.descriptors - 1, support::HeldNow().descriptors);
  EXPECT_EQ(1u, pool.Stats().in_use) << "the slot stays taken, what the cache held was given back";
  EXPECT_EQ(0u, pool.Stats().cached);
}

}  // namespace
