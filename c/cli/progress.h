// SPDX-License-Identifier: MIT OR Apache-2.0
// How far a load has come, on stderr: a bar that redraws itself on a terminal, a line every tenth elsewhere.
#ifndef DRYSTONE_CLI_PROGRESS_H
#define DRYSTONE_CLI_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <string>

namespace cli {

class Progress {
 public:
  // `total_bytes` 0: not known, only rows are counted then.
  Progress(bool wanted, uint64_t total_bytes);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  // Cheap enough to be called for every row.
  void update(uint64_t bytes, uint64_t rows) {
    if (wanted_ && (rows & 1023) == 0) show(bytes, rows);
  }
  void finish(uint64_t bytes, uint64_t rows);

 private:
  void show(uint64_t bytes, uint64_t rows);
  void draw(uint64_t bytes, uint64_t rows);
  std::string line(uint64_t bytes, uint64_t rows) const;

  bool wanted_;
  bool terminal_;
  bool drawn_ = false;
  uint64_t total_bytes_;
  uint64_t next_tenth_ = 1;
  std::chrono::steady_clock::time_point next_draw_{};
};

}  // namespace cli

#endif
