// SPDX-License-Identifier: MIT OR Apache-2.0
#include "progress.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "text.h"

namespace cli {
namespace {

constexpr size_t kBarWidth = 30;
constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

Progress::Progress(bool wanted, uint64_t total_bytes)
    : wanted_(wanted), terminal_(isatty(STDERR_FILENO) == 1), total_bytes_(total_bytes) {}

// A message that follows must not start in the middle of the bar.
Progress::~Progress() {
  if (drawn_ && terminal_) std::fputs("\n", stderr);
}

void Progress::show(uint64_t bytes, uint64_t rows) {
  if (terminal_) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_draw_) return;
    next_draw_ = now + kRedraw;
    draw(bytes, rows);
  } else if (total_bytes_ != 0 && bytes / ((total_bytes_ + 9) / 10) >= next_tenth_ && bytes < total_bytes_) {
    next_tenth_ = bytes / ((total_bytes_ + 9) / 10) + 1;
    draw(bytes, rows);
  }
}

void Progress::finish(uint64_t bytes, uint64_t rows) {
  if (wanted_) draw(total_bytes_ != 0 ? std::max(bytes, total_bytes_) : bytes, rows);
}

void Progress::draw(uint64_t bytes, uint64_t rows) {
  drawn_ = true;
  std::fprintf(stderr, terminal_ ? "\r%s\x1b[K" : "%s\n", line(bytes, rows).c_str());
}

std::string Progress::line(uint64_t bytes, uint64_t rows) const {
  const std::string amount = sized(bytes) + ", " + counted(rows, "row");
  if (total_bytes_ == 0) return "loading " + amount;
  const double done = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes_));
  const size_t filled = static_cast<size_t>(done * kBarWidth);
  char percent[8];
  std::snprintf(percent, sizeof percent, "%3d %%", static_cast<int>(done * 100));
  return "loading [" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + percent + "  " + amount;
}

}  // namespace cli
