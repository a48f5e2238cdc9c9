// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone stat, drystone verify
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "entries.h"
#include "failure.h"
#include "output.h"
#include "stamp.h"
#include "target.h"
#include "text.h"

namespace cli {
namespace {

using nlohmann::ordered_json;

struct InspectOptions {
  std::string region;
  std::string part;
  bool json = false;
  bool stamps = false;
};

struct PartFacts {
  dry_part_info info;
  dry_kv_stats kv; // of a kv part
  std::string name() const { return {info.name, info.name_bytes}; }
  bool is_kv() const { return info.kind == DRY_PART_KV; }
};

std::string kind_name(const PartFacts &part) { return part.is_kv() ? "kv" : "kind " + std::to_string(part.info.kind); }

dry_kv_stats kv_facts(const RegionName &name, dry_region *region, const std::string &part) {
  const PartName part_name = choose_part(name, region, part);
  const ReaderHandle reader = open_reader(region, part_name);
  dry_kv_stats stats{};
  check(dry_kv_get_stats(reader.get(), &stats), part_name.shown);
  return stats;
}

// All parts, or the one that was asked for.
std::vector<PartFacts> parts_of(const RegionName &name, dry_region *region, const std::string &asked) {
  std::vector<PartFacts> out;
  for (uint32_t index = 0;; index++) {
    PartFacts part{};
    const dry_status status = dry_region_part_at(region, index, &part.info);
    if (status == DRY_NOT_FOUND) break;
    check(status, name.shown + ": part number " + std::to_string(index));
    if (!asked.empty() && part.name() != asked) continue;
    if (part.is_kv()) part.kv = kv_facts(name, region, part.name());
    out.push_back(part);
  }
  if (!asked.empty() && out.empty()) {
    throw Failure(DRY_NOT_FOUND, name.shown + ": part " + legible(asked) + ": not found");
  }
  return out;
}

dry_region_stats region_facts(const RegionName &name, dry_region *region) {
  dry_region_stats stats{};
  check(dry_region_get_stats(region, &stats), name.shown);
  return stats;
}

std::string creation_id(const dry_region_stats &stats) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(stats.creation_id[0]),
                static_cast<unsigned long long>(stats.creation_id[1]));
  return text;
}

ordered_json as_json(const PartFacts &part) {
  ordered_json out = {{"name", part.name()},
                      {"kind", kind_name(part)},
                      {"format", part.info.format},
                      {"offset", part.info.offset},
                      {"size_bytes", part.info.size_bytes}};
  if (part.is_kv()) {
    out["kv"] = {{"entries", part.kv.entries},
                 {"capacity", part.kv.capacity},
                 {"data_bytes", part.kv.data_bytes},
                 {"data_capacity_bytes", part.kv.data_capacity_bytes},
                 {"version", part.kv.version},
                 {"relocation", part.kv.relocation}};
  }
  return out;
}

std::string as_json_text(const RegionName &name, const dry_region_stats &stats, const std::vector<PartFacts> &parts) {
  ordered_json out;
  out["region"] = {{"name", name.shown},
                   {"kind", name.kind == DRY_REGION_SHARED ? "shared" : "file"},
                   {"size_bytes", stats.size_bytes},
                   {"used_bytes", stats.used_bytes},
                   {"epoch", stats.epoch},
                   {"creation_id", creation_id(stats)},
                   {"part_count", stats.part_count},
                   {"part_capacity", stats.part_capacity},
                   {"sealed", stats.sealed != 0}};
  out["parts"] = ordered_json::array();
  for (const PartFacts &part : parts) out["parts"].push_back(as_json(part));
  // A path need not be UTF-8; the numbers are wanted all the same.
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string amount(uint64_t bytes) { return sized(bytes) + " (" + grouped(bytes) + ")"; }

std::string as_text(const PartFacts &part) {
  std::string out = "part " + legible(part.name()) + "\n";
  out += "  kind      " + kind_name(part) + ", format " + std::to_string(part.info.format) + "\n";
  out += "  size      " + amount(part.info.size_bytes) + " at offset " + grouped(part.info.offset) + "\n";
  if (!part.is_kv()) return out;
  out += "  entries   " + grouped(part.kv.entries) + " of " + grouped(part.kv.capacity) + "\n";
  out += "  data      " + amount(part.kv.data_bytes) + " of " + amount(part.kv.data_capacity_bytes) + "\n";
  out += "  version   " + grouped(part.kv.version) + "\n";
  return out;
}

std::string as_text(const RegionName &name, const dry_region_stats &stats, const std::vector<PartFacts> &parts) {
  std::string out = "region " + name.shown + "\n";
  out += "  size      " + amount(stats.size_bytes) + "\n";
  out += "  used      " + amount(stats.used_bytes) + "\n";
  out += "  parts     " + std::to_string(stats.part_count) + " of " + std::to_string(stats.part_capacity) + "\n";
  out += "  epoch     " + grouped(stats.epoch) + (stats.sealed != 0 ? ", sealed" : "") + "\n";
  out += "  id        " + creation_id(stats) + "\n";
  for (const PartFacts &part : parts) out += as_text(part);
  return out;
}

void run_stat(const InspectOptions &options) {
  const RegionName name = parse_region(options.region);
  const RegionHandle region = open_region(name, DRY_MODE_READ);
  const dry_region_stats stats = region_facts(name, region.get());
  const std::vector<PartFacts> parts = parts_of(name, region.get(), options.part);
  print(options.json ? as_json_text(name, stats, parts) : as_text(name, stats, parts));
}

// Checks every value's stamp, and says how many there were.
uint64_t check_stamps(dry_region *region, const PartName &part) {
  const ReaderHandle reader = open_reader(region, part);
  Walk walk(reader.get(), part, Walk::kKeysAndValues);
  Entry entry;
  uint64_t values = 0;
  for (; walk.next(entry); values++) {
    if (!stamp_matches(entry.key, entry.value)) {
      throw Failure(kCorrupt, part.shown + ": key " + legible(entry.key) + ": the value does not carry its stamp");
    }
  }
  return values;
}

void verify_region(const RegionName &name, dry_region *region) {
  dry_detail detail{};
  const dry_status status = dry_region_verify(region, &detail);
  if (status == DRY_OK) return;
  const std::string place = detail.offset != 0 ? " at byte " + grouped(detail.offset) : "";
  check(status, name.shown + place, &detail);
}

void run_verify(const InspectOptions &options) {
  const RegionName name = parse_region(options.region);
  const RegionHandle region = open_region(name, DRY_MODE_READ);
  verify_region(name, region.get());
  const dry_region_stats stats = region_facts(name, region.get());
  std::string out = name.shown + ": header and directory: sound\n";
  if (stats.sealed != 0) out += name.shown + ": sealed image, checksum over " + amount(stats.size_bytes) + ": sound\n";
  for (const PartFacts &part : parts_of(name, region.get(), "")) {
    const PartName part_name = choose_part(name, region.get(), part.name());
    if (!part.is_kv()) {
      out += part_name.shown + ": " + kind_name(part) + ": place in the region: sound\n";
      continue;
    }
    out += part_name.shown + ": index, free space and checksums of " + counted(part.kv.entries, "key") + ": sound\n";
    if (options.stamps) {
      out += part_name.shown + ": stamps of " + counted(check_stamps(region.get(), part_name), "value") + ": sound\n";
    }
  }
  print(out);
}

void add_stat(CommandLine &line) {
  auto options = std::make_shared<InspectOptions>();
  Command command = line.add("stat", "Facts on a region and its parts");
  command.region(options->region);
  command.text("--part", options->part, "NAME", "only this part; without it all of them");
  command.flag("--json", options->json, "as JSON; sizes in bytes");
  command.finish("Example:\n"
                 "  drystone stat shm:prices --json | jq .parts[0].kv.entries",
                 [options] { run_stat(*options); });
}

void add_verify(CommandLine &line) {
  auto options = std::make_shared<InspectOptions>();
  Command command = line.add("verify", "Check a region: header, directory, and all that its parts hold");
  command.region(options->region);
  command.flag("--stamps", options->stamps, "check also the stamps that load --stamp put in front of the values");
  command.finish("Prints what was found sound. Exit code 3, with place and cause, where something is not.\n"
                 "Nothing is changed, and a writer may be at work meanwhile.\n\n"
                 "Example:\n"
                 "  drystone verify shm:prices",
                 [options] { run_verify(*options); });
}

}  // namespace

void add_stat_and_verify(CommandLine &line) {
  add_stat(line);
  add_verify(line);
}

}  // namespace cli
