// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone create
#include <memory>
#include <optional>
#include <string>

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
  uint64_t part_capacity = 0;
  std::optional<uint64_t> seed;
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
  if (!part && (!options.part.empty() || options.seed || options.add)) {
    throw Failure(kBadInput, "--part, --seed and --add need --entries and --bytes");
  }
  if (options.add && (options.size != 0 || options.part_capacity != 0 || !options.permissions.empty())) {
    throw Failure(kBadInput, "--size, --parts and --permissions are for a new region, --add is for one that exists");
  }
}

dry_kv_options part_options(const CreateOptions &options) {
  dry_kv_options out = kv_options(options.entries, options.bytes);
  out.seed = options.seed.value_or(0);
  out.has_seed = options.seed ? 1 : 0;
  return out;
}

PartName part_to_make(const CreateOptions &options, const RegionName &name, dry_region *region) {
  // A part without a name is "kv" even where the region's only store has another name.
  return choose_part(name, region, options.part.empty() ? "kv" : options.part);
}

void create_all(const CreateOptions &options, const RegionName &name) {
  RegionPlan plan;
  plan.part_capacity = static_cast<uint32_t>(options.part_capacity);
  plan.permissions = parse_permissions(options.permissions);
  plan.size_bytes = options.size;
  if (plan.size_bytes == 0) {
    plan.size_bytes = region_bytes_for(name.shown, part_options(options), plan.part_capacity);
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

void add_create(CommandLine &line) {
  auto options = std::make_shared<CreateOptions>();
  Command command = line.add("create", "Make a region, with a key-value part in it");
  command.region(options->region);
  command.text("--part", options->part, "NAME", "name of the part; without it \"kv\"");
  command.number("--entries", options->entries, 1, DRY_KV_ENTRIES_MAX, "how many keys the part can hold");
  command.size("--bytes", options->bytes, 1, DRY_KV_BYTES_MAX, "room for keys and values; 64M is 64 MiB");
  command.size("--size", options->size, DRY_REGION_BYTES_MIN, DRY_REGION_BYTES_MAX,
               "size of the region; without it just enough for the part");
  command.number("--parts", options->part_capacity, 1, DRY_REGION_PARTS_MAX,
                 "how many parts the region can ever have; without it 24");
  command.text("--permissions", options->permissions, "MODE", "mode bits of the file, octal; without it 600");
  command.number("--seed", options->seed, "seed of the hash, so that equal writes give equal bytes");
  command.flag("--add", options->add, "make the part in a region that exists");
  command.finish("Example:\n"
                 "  drystone create shm:prices --entries 10000 --bytes 1M\n"
                 "  drystone create book.region --size 64M\n"
                 "  drystone create book.region --add --part orders --entries 1000 --bytes 256K",
                 [options] { run_create(*options); });
}

}  // namespace cli
