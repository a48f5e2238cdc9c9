/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* model.h: a store beside a plain map that must always agree with it. */
#ifndef DRYSTONE_TESTS_MODEL_MODEL_H
#define DRYSTONE_TESTS_MODEL_MODEL_H

#include <memory>
#include <string>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/plain.h"
#include "tests/support/random.h"

namespace model {

struct Shape {
  uint32_t kind;
  uint64_t entries;
  uint64_t bytes;
  uint64_t keys; /* how many different ones are used */
  size_t value_max;
};

/** Runs operations drawn from a seed on both and compares every answer. */
class Run {
 public:
  Run(const Shape &shape, uint64_t seed);
  ~Run();
  /** Does `count` operations; stops at the first difference, which has failed the test. */
  void Operations(uint64_t count);
  /** Compares all that is stored with the map, through the writer and through a fresh reader. */
  void CompareAll();
  /** The first difference between the store and the map in words, "" where they agree. */
  std::string Difference(dry_kv_reader *reader) const;

  support::Plain &plain() { return plain_; }
  support::Region &region() { return *region_; }
  dry_kv_reader *reader() { return dry_kv_writer_reader(&writer_); }
  const support::TempDir &dir() const { return dir_; }

 private:
  void One();
  void Write();
  void Read();
  void ReopenRegion();
  void ReopenPart();
  void SaveAndLoad();
  void OpenWriter();
  std::string Key();
  std::string Value();

  Shape shape_;
  support::Random random_;
  support::TempDir dir_;
  std::string path_;
  int loads_ = 0;
  support::Plain plain_;
  std::unique_ptr<support::SharedName> shared_;
  std::unique_ptr<support::Region> region_;
  dry_kv_writer writer_ = {};
};

}  // namespace model

#endif
