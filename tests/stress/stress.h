/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stress.h: readers that look at everything while a writer works, and count what must not be. */
#ifndef DRYSTONE_TESTS_STRESS_STRESS_H
#define DRYSTONE_TESTS_STRESS_STRESS_H

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/kv.h"
#include "tests/support/random.h"

namespace stress {

struct Counts {
  uint64_t reads = 0;
  uint64_t hits = 0;
  uint64_t torn = 0;
  uint64_t errors = 0;
  uint64_t backwards = 0;
  std::string first_error;
};

/** The keys of a test: the first `steady` of them are never deleted. */
struct Keys {
  explicit Keys(uint64_t count, uint64_t steady);
  std::vector<std::string> names;
  uint64_t steady;
};

/** One reader thread: every way of reading, each value checked for being whole. Its handle may be shared. */
class Looker {
 public:
  Looker(dry_kv_reader *reader, const Keys &keys, uint64_t seed)
      : reader_(reader), keys_(keys), random_(seed), newest_(keys.names.size()), room_(8192) {}
  /** Looks until `stop`, and at least once in each way. */
  void Run(const std::atomic<bool> &stop);
  const Counts &counts() const { return counts_; }

 private:
  void Get();
  void TryGet();
  void View();
  void GetMany();
  void Walk();
  void Contains();
  void Answer(uint64_t key, dry_status status, const void *value, size_t bytes, uint64_t version);
  void Error(const std::string &what);

  dry_kv_reader *reader_;
  const Keys &keys_;
  support::Random random_;
  std::vector<uint64_t> newest_;
  std::vector<uint64_t> room_;
  Counts counts_;
};

/** Writes `writes` random changes of values up to `value_max` bytes; DRY_FULL alone may be refused. */
void WriteAll(dry_kv_writer *writer, const Keys &keys, uint64_t writes, size_t value_max, uint64_t seed);

}  // namespace stress

#endif
