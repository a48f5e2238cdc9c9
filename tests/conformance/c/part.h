// SPDX-License-Identifier: MIT OR Apache-2.0
// part.h: blocks that lie in private memory or are parts of a region, and how they are made, opened and closed.
#ifndef TESTS_CONFORMANCE_C_PART_H
#define TESTS_CONFORMANCE_C_PART_H

#include "region_steps.h"

struct Part : Object {
  bool is_closed() const { return closed || (region != nullptr && region->closed); }
  bool is_read_only() const { return region != nullptr && region->mode == DRY_MODE_READ; }

  std::shared_ptr<Region> region;  // null: private memory of its own
  bool closed = false;
};

// True where a call comes to its arguments, which are then checked for what C cannot be given. Else the library is
// asked with whatever fits, and has to say why it refuses.
inline bool reads_arguments(const Part &part, const Step &step) {
  if (part.is_closed()) return false;
  refuse_negative(step);
  return true;
}

inline bool changes_by_arguments(const Part &part, const Step &step) {
  return !part.is_read_only() && reads_arguments(part, step);
}

// The steps of a block. `Block` is a Part with its handle, and names the library's types and calls.
template <typename Block>
struct PartSteps {
  static Json create(World &world, const Step &step) {
    auto block = std::make_shared<Block>();
    if (!step.in.empty()) block->region = world.get<Region>(step.in);
    typename Block::Options options{};
    options.struct_size = sizeof options;
    if (reads_arguments(*block, step)) Block::read_options(step, options);
    dry_detail detail{};
    if (block->region == nullptr) {
      check(Block::kCreate(&options, &block->handle, &detail), &detail);
    } else {
      const std::string &part = step.texts.at("part");
      check(Block::kCreateIn(&block->region->handle, part.data(), part.size(), &options, &block->handle, &detail),
            &detail);
    }
    world.bind(step.as, block);
    return Json::object();
  }

  static Json open(World &world, const Step &step) {
    auto block = std::make_shared<Block>();
    block->region = world.get<Region>(step.in);
    const std::string &part = step.texts.at("part");
    dry_detail detail{};
    check(Block::kOpen(&block->region->handle, part.data(), part.size(), &block->handle, &detail), &detail);
    world.bind(step.as, block);
    return Json::object();
  }

  static Json close(World &world, const Step &step) {
    const auto block = world.get<Block>(step.on);
    check(block->close());
    block->closed = true;
    return Json::object();
  }
};

#endif
