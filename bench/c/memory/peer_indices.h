// SPDX-License-Identifier: MIT OR Apache-2.0
// What programs write by hand for "the lowest free index": an ordered set or a heap of the free ones, or a bitmap.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <set>
#include <vector>

#include "bench/c/program.h"

namespace bench {

class IndexSet {
 public:
  static constexpr const char *kName = "std_set";
  explicit IndexSet(size_t capacity) {
    for (size_t i = 0; i < capacity; i++) free_.insert(free_.end(), static_cast<uint32_t>(i));
  }
  uint32_t acquire() {
    if (free_.empty()) fail(kName, "is full");
    const uint32_t index = *free_.begin();
    free_.erase(free_.begin());
    return index;
  }
  void release(uint32_t index) { free_.insert(index); }

 private:
  std::set<uint32_t> free_;
};

class IndexHeap {
 public:
  static constexpr const char *kName = "std_priority_queue";
  explicit IndexHeap(size_t capacity) {
    for (size_t i = 0; i < capacity; i++) free_.push(static_cast<uint32_t>(i));
  }
  uint32_t acquire() {
    if (free_.empty()) fail(kName, "is full");
    const uint32_t index = free_.top();
    free_.pop();
    return index;
  }
  void release(uint32_t index) { free_.push(index); }

 private:
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<uint32_t>> free_;
};

// A bit each, searched from the start: what most programs do.
class IndexScan {
 public:
  static constexpr const char *kName = "bitmap_scan";
  explicit IndexScan(size_t capacity) : free_((capacity + 63) / 64, ~uint64_t{0}) {}
  uint32_t acquire() {
    for (size_t word = 0; word < free_.size(); word++) {
      if (free_[word] == 0) continue;
      const int bit = __builtin_ctzll(free_[word]);
      free_[word] &= free_[word] - 1;
      return static_cast<uint32_t>(word * 64 + static_cast<size_t>(bit));
    }
    fail(kName, "is full");
  }
  void release(uint32_t index) { free_[index / 64] |= uint64_t{1} << index % 64; }

 private:
  std::vector<uint64_t> free_;
};

// The same, with the lowest word that may have a free one kept in mind.
class IndexHint {
 public:
  static constexpr const char *kName = "bitmap_hint";
  explicit IndexHint(size_t capacity) : free_((capacity + 63) / 64, ~uint64_t{0}) {}
  uint32_t acquire() {
    for (; hint_ < free_.size(); hint_++) {
      if (free_[hint_] == 0) continue;
      const int bit = __builtin_ctzll(free_[hint_]);
      free_[hint_] &= free_[hint_] - 1;
      return static_cast<uint32_t>(hint_ * 64 + static_cast<size_t>(bit));
    }
    fail(kName, "is full");
  }
  void release(uint32_t index) {
    free_[index / 64] |= uint64_t{1} << index % 64;
    if (index / 64 < hint_) hint_ = index / 64;
  }

 private:
  std::vector<uint64_t> free_;
  size_t hint_ = 0;
};

}  // namespace bench
