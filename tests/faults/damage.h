/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* damage.h: the image of a small store, and what must hold of it after something was done to its bytes. */
#ifndef DRYSTONE_TESTS_FAULTS_DAMAGE_H
#define DRYSTONE_TESTS_FAULTS_DAMAGE_H

#include <map>
#include <string>

#include "tests/support/kv.h"

namespace faults {

struct Sample {
  std::string bytes;                           /* not sealed */
  std::map<std::string, support::Entry> entries;
  uint64_t part_offset;
  dry_kv_header header;
};

/** A region of four or five pages with one store: several groups, blocks of several classes, free blocks between. */
Sample MakeSample();

/** What came of opening, reading and verifying damaged bytes. */
struct Outcome {
  bool opened = false;      /* the region and the part */
  bool verified = false;    /* verify said that all is well */
  bool reads_right = false; /* every entry was read as it was, by a reader that checks, and no other */
  uint64_t wrong_values = 0; /* how many reads by that reader gave what was never put */
  bool has_place = false;   /* what was refused was refused with words */
  std::string text;
};

/** Opens the bytes in a buffer for reading and looks at everything. Crashes are for the sanitizers to see. */
Outcome LookAt(const std::string &bytes, const Sample &sample);

/** Opens them for writing, writes and deletes; false: the writer was refused. */
bool WriteTo(const std::string &bytes, const Sample &sample, bool *entries_right);

}  // namespace faults

#endif
