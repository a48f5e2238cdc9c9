// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone create
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "failure.h"
#include "target.h"
#include "text.h"

namespace cli {
namespace {

struct CreateOptions {
  std::string region;
  std::string part;
  std::string permissions;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t size = 0;
  uint64_t seed = 0;
  uint32_t part_capacity = 0;
  bool has_seed = false;
  bool add = false;
};

uint32_t parse_permissions(const std::string &text) {
  if (text.empty()) return 0;
  uint32_t mode = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7' || mode > 0777) mode = 01000;
    if (mode <= 0777) mode = mode * 8 + static_cast<uint32_t>(digit - '0');
  }
  if (mode == 0 || mode > 0777) throw Failure(kBadInput, "--permissions " + text + ": not octal digits from 1 to 777");
  return mode;
}

void check_combination(const CreateOptions &options) {
  const bool part = options.entries != 0;
  if (part != (options.bytes != 0)) throw Failure(kBadInput, "--entries and --bytes go together");
  if (!part && options.size == 0) {
    throw Failure(kBadInput, "say --entries and --bytes for a part, or --size for an empty region");
  }
  if (!part && (!options.part.empty() || options.has_seed || options.add)) {
    throw Failure(kBadInput, "--part, --seed and --add need --entries and --bytes");
  }
  if (options.add && (options.size != 0 || options.part_capacity != 0 || !options.permissions.empty())) {
    throw Failure(kBadInput, "--size, --parts and --permissions are for a new region, --add is for one that exists");
  }
}

dry_kv_options part_options(const CreateOptions &options) {
  dry_kv_options out = kv_options(options.entries, options.bytes);
  out.seed = options.seed;
  out.has_seed = options.has_seed ? 1 : 0;
  return out;
}

PartName part_to_make(const CreateOptions &options, const RegionName &name, dry_region *region) {
  // A part without a name is "kv" even where the region's only store has another name.
  return choose_part(name, region, options.part.empty() ? "kv" : options.part);
}

void create_all(const CreateOptions &options, const RegionName &name) {
  RegionPlan plan;
  plan.part_capacity = options.part_capacity;
  plan.permissions = parse_permissions(options.permissions);
  plan.size_bytes = options.size;
  if (plan.size_bytes == 0) {
    plan.size_bytes = region_bytes_for(name.shown, part_options(options), options.part_capacity);
  }
  const RegionHandle region = create_region(name, plan);
  if (options.entries == 0) return;
  try {
    create_kv(region.get(), part_to_make(options, name, region.get()), part_options(options));
  } catch (const Failure &) {
    // A region that lacks what was asked for would be half a result.
    dry_region_unlink(name.kind, name.name.c_str(), nullptr);
    throw;
  }
}

void run_create(const CreateOptions &options) {
  check_combination(options);
  const RegionName name = parse_region(options.region);
  if (!options.add) return create_all(options, name);
  const RegionHandle region = open_region(name, DRY_MODE_WRITE);
  create_kv(region.get(), part_to_make(options, name, region.get()), part_options(options));
}

}  // namespace

void add_create(CLI::App &app) {
  auto options = std::make_shared<CreateOptions>();
  CLI::App *command = app.add_subcommand("create", "Make a region, with a key-value part in it");
  add_region(command, options->region);
  command->add_option("--part", options->part, "name of the part; without it \"kv\"")->option_text("NAME");
  command->add_option("--entries", options->entries, "how many keys the part can hold")
      ->check(refuse_unless_whole_number)
      ->check(CLI::Range(uint64_t{1}, uint64_t{DRY_KV_ENTRIES_MAX}))
      ->option_text("N");
  command->add_option("--bytes", options->bytes, "how many bytes keys and values can take together; 64M is 64 MiB")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{1}, uint64_t{DRY_KV_BYTES_MAX}))
      ->option_text("N");
  command->add_option("--size", options->size, "size of the region; without it just enough for the part")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{DRY_REGION_BYTES_MIN}, uint64_t{DRY_REGION_BYTES_MAX}))
      ->option_text("N");
  command->add_option("--parts", options->part_capacity, "how many parts the region can ever have; without it 24")
      ->check(refuse_unless_whole_number)
      ->check(CLI::Range(uint32_t{1}, uint32_t{DRY_REGION_PARTS_MAX}))
      ->option_text("N");
  command->add_option("--permissions", options->permissions, "mode bits of the file, octal; without it 600")
      ->option_text("MODE");
  CLI::Option *seed =
      command->add_option("--seed", options->seed, "seed of the hash, so that equal writes give equal bytes")
          ->check(refuse_unless_whole_number)
          ->option_text("N");
  command->add_flag("--add", options->add, "make the part in a region that exists");
  command->footer("Example:\n"
                  "  drystone create shm:prices --entries 10000 --bytes 1M\n"
                  "  drystone create book.region --size 64M\n"
                  "  drystone create book.region --add --part orders --entries 1000 --bytes 256K");
  command->callback([options, seed] {
    options->has_seed = seed->count() > 0;
    run_create(*options);
  });
}

}  // namespace cli
