/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* history.h: a list of writes that one process does, and that another can say how far they got. */
#ifndef DRYSTONE_TESTS_FAULTS_HISTORY_H
#define DRYSTONE_TESTS_FAULTS_HISTORY_H

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/plain.h"

namespace faults {

/** One write: a put, or a delete where `value` is not there. */
struct Write {
  std::string key;
  std::string value;
  bool is_delete = false;
};

struct History {
  uint64_t entries;
  uint64_t bytes;
  std::vector<Write> writes;
};

/** Random writes over `keys` keys with values up to `value_max` bytes, stamped; those that would be refused are left out. */
History RandomHistory(uint64_t seed, uint64_t entries, uint64_t bytes, uint64_t keys, size_t value_max, uint64_t count);

/** What the store holds after the first `count` writes. */
support::Plain After(const History &history, uint64_t count);

/** Does one write; false: refused. */
bool Do(const Write &write, dry_kv_writer *writer);

/** A number that parent and child share: how many writes were acknowledged. */
class Acknowledged {
 public:
  Acknowledged();
  ~Acknowledged();
  Acknowledged(const Acknowledged &) = delete;
  Acknowledged &operator=(const Acknowledged &) = delete;
  uint64_t Get() const { return __atomic_load_n(count_, __ATOMIC_SEQ_CST); }
  void Set(uint64_t count) { __atomic_store_n(count_, count, __ATOMIC_SEQ_CST); }

 private:
  uint64_t *count_;
};

/** Does the writes from `from` on, counting each that was acknowledged; 0, or an exit code that says what went wrong. */
int DoAll(const History &history, uint64_t from, dry_kv_writer *writer, Acknowledged *acknowledged);

/** Opens the file for writing, does DoAll from where `acknowledged` stands, and closes. */
int WriteFrom(const std::string &path, const History &history, Acknowledged *acknowledged);

/** A file region with an empty store for the history. */
void MakeFile(const std::string &path, const History &history);

}  // namespace faults

#endif
