// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kv_steps.h"

#include <algorithm>

#include "region_steps.h"

namespace {

constexpr uint64_t kPageBytes = DRY_REGION_PAGE_BYTES;
// Header and directory of a region with the default number of parts.
constexpr uint64_t kRegionOverheadBytes = 12288;
constexpr size_t kFirstValueBytes = 4096;

// A kv opened in a region, for writing or for reading.
struct Kv : Object {
  static constexpr const char *kSort = "a kv";
  ~Kv() override {
    if (is_writer) {
      dry_kv_writer_close(&writer);
    } else {
      dry_kv_reader_close(&reader);
    }
  }

  dry_kv_reader *reads() { return is_writer ? dry_kv_writer_reader(&writer) : &reader; }
  bool is_closed() const { return closed || region->closed; }

  std::shared_ptr<Region> region;
  std::string part;
  bool is_writer = false;
  bool closed = false;
  dry_kv_writer writer{};
  dry_kv_reader reader{};
};

dry_kv_options options_for(const Step &step) {
  dry_kv_options options{};
  options.struct_size = sizeof options;
  options.layout = DRY_KV_LAYOUT_BLOCKS;
  options.entries = step.integer("entries");
  options.bytes = step.integer("bytes");
  const auto seed = step.integers.find("seed");
  options.has_seed = seed != step.integers.end();
  options.seed = options.has_seed ? seed->second.bits : 0;
  return options;
}

void refuse_other_layouts(const Step &step) {
  if (step.text_or_empty("layout") == "inline") throw Failure{DRY_UNSUPPORTED, "layout inline"};
  if (step.integers.count("max_entry") != 0) throw Failure{DRY_INVALID_ARGUMENT, "max_entry is for layout inline"};
}

std::shared_ptr<Region> private_region_for(const dry_kv_options &kv_options) {
  uint64_t needed = 0;
  check(dry_kv_required_bytes(&kv_options, &needed));
  const uint64_t rounded = (needed + kPageBytes - 1) / kPageBytes * kPageBytes;
  dry_region_options options{};
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_MEMORY;
  options.size_bytes = std::max<uint64_t>(rounded + kRegionOverheadBytes, DRY_REGION_BYTES_MIN);
  auto region = std::make_shared<Region>();
  region->kind = DRY_REGION_MEMORY;
  region->mode = DRY_MODE_WRITE;
  dry_detail detail{};
  check(dry_region_create(&options, &region->handle, &detail), &detail);
  return region;
}

std::shared_ptr<Kv> new_kv(std::shared_ptr<Region> region, const std::string &part, bool is_writer) {
  auto kv = std::make_shared<Kv>();
  kv->region = std::move(region);
  kv->part = part;
  kv->is_writer = is_writer;
  return kv;
}

void open_reader(Kv &kv) {
  dry_detail detail{};
  check(dry_kv_reader_open(&kv.region->handle, kv.part.data(), kv.part.size(), 0, &kv.reader, &detail), &detail);
}

// A closed handle comes first; the reader side of the library is asked, because a reader cannot be handed to a write.
std::shared_ptr<Kv> kv_for_write(World &world, const Step &step) {
  auto kv = world.get<Kv>(step.on);
  if (!kv->is_writer) {
    dry_kv_stats stats;
    check(dry_kv_get_stats(&kv->reader, &stats));
    throw Failure{DRY_READ_ONLY, "the kv was opened for reading"};
  }
  if (!kv->is_closed()) refuse_negative(step);
  return kv;
}

Json version_result(uint64_t version) { return {{"version", canonical_integer(version)}}; }

using Put = dry_status (*)(dry_kv_writer *, const void *, size_t, const void *, size_t, uint64_t *);

Json put_by(Put put, World &world, const Step &step) {
  const auto kv = kv_for_write(world, step);
  const std::string &key = step.texts.at("key");
  const std::string &value = step.texts.at("value");
  uint64_t version = 0;
  check(put(&kv->writer, key.data(), key.size(), value.data(), value.size(), &version));
  return version_result(version);
}

// The value of a lookup that did not fit into its first buffer; it may have been replaced by a longer one meanwhile.
dry_status get_whole(dry_kv_reader *reader, const std::string &key, std::string &value, uint64_t &version) {
  value.resize(kFirstValueBytes);
  for (;;) {
    size_t value_bytes = 0;
    const dry_status status =
        dry_kv_get(reader, key.data(), key.size(), value.data(), value.size(), &value_bytes, &version);
    const bool longer = status == DRY_TOO_LARGE && value_bytes > value.size();
    value.resize(value_bytes);
    if (!longer) return status;
  }
}

std::vector<dry_kv_lookup> lookups_for(const std::vector<std::string> &keys, std::vector<std::string> &values) {
  std::vector<dry_kv_lookup> lookups(keys.size());
  values.assign(keys.size(), std::string(kFirstValueBytes, '\0'));
  for (size_t i = 0; i < keys.size(); i++) {
    lookups[i].key = keys[i].data();
    lookups[i].key_bytes = static_cast<uint32_t>(keys[i].size());
    lookups[i].value = values[i].data();
    lookups[i].value_capacity = values[i].size();
  }
  return lookups;
}

Json value_of(dry_kv_reader *reader, const std::string &key, const dry_kv_lookup &lookup, std::string &value) {
  dry_status status = lookup.status;
  uint64_t version = 0;
  if (status == DRY_OK) value.resize(lookup.value_bytes);
  if (status == DRY_TOO_LARGE && lookup.value_bytes > lookup.value_capacity) {
    status = get_whole(reader, key, value, version);
  }
  if (status == DRY_NOT_FOUND) return nullptr;
  check(status);
  return canonical_bytes(value);
}

Json kv_create(World &world, const Step &step) {
  auto region = step.in.empty() ? nullptr : world.get<Region>(step.in);
  if (region == nullptr || !region->closed) {
    refuse_negative(step);
    refuse_other_layouts(step);
  }
  const dry_kv_options options = options_for(step);
  if (region == nullptr) region = private_region_for(options);
  const auto kv = new_kv(region, step.in.empty() ? "kv" : step.texts.at("part"), true);
  dry_detail detail{};
  check(dry_kv_create(&region->handle, kv->part.data(), kv->part.size(), &options, &kv->writer, &detail), &detail);
  world.bind(step.as, kv);
  return Json::object();
}

Json kv_open(World &world, const Step &step) {
  const auto region = world.get<Region>(step.in);
  const auto kv = new_kv(region, step.texts.at("part"), region->mode == DRY_MODE_WRITE);
  if (kv->is_writer) {
    dry_detail detail{};
    check(dry_kv_open(&region->handle, kv->part.data(), kv->part.size(), &kv->writer, &detail), &detail);
  } else {
    open_reader(*kv);
  }
  world.bind(step.as, kv);
  return Json::object();
}

Json kv_reader(World &world, const Step &step) {
  const auto kv = world.get<Kv>(step.on);
  dry_kv_stats stats;
  check(dry_kv_get_stats(kv->reads(), &stats));
  const auto reader = new_kv(kv->region, kv->part, false);
  open_reader(*reader);
  world.bind(step.as, reader);
  return Json::object();
}

Json kv_put(World &world, const Step &step) { return put_by(dry_kv_put, world, step); }

Json kv_put_new(World &world, const Step &step) { return put_by(dry_kv_put_new, world, step); }

Json kv_replace(World &world, const Step &step) {
  const auto kv = kv_for_write(world, step);
  const std::string &key = step.texts.at("key");
  const std::string &value = step.texts.at("value");
  uint64_t version = 0;
  check(dry_kv_replace(&kv->writer, key.data(), key.size(), value.data(), value.size(),
                       step.integer("version"), &version));
  return version_result(version);
}

Json kv_delete(World &world, const Step &step) {
  const auto kv = kv_for_write(world, step);
  const std::string &key = step.texts.at("key");
  uint64_t version = 0;
  check(dry_kv_delete(&kv->writer, key.data(), key.size(), &version));
  return version_result(version);
}

Json kv_get(World &world, const Step &step) {
  std::string value;
  uint64_t version = 0;
  check(get_whole(world.get<Kv>(step.on)->reads(), step.texts.at("key"), value, version));
  return {{"value", canonical_bytes(value)}, {"version", canonical_integer(version)}};
}

Json kv_get_many(World &world, const Step &step) {
  dry_kv_reader *reader = world.get<Kv>(step.on)->reads();
  std::vector<std::string> values;
  std::vector<dry_kv_lookup> lookups = lookups_for(step.keys, values);
  dry_kv_lookup none{};  // A pointer is wanted even when there is nothing to look up.
  check(dry_kv_get_many(reader, lookups.empty() ? &none : lookups.data(), lookups.size()));
  Json list = Json::array();
  for (size_t i = 0; i < lookups.size(); i++) list.push_back(value_of(reader, step.keys[i], lookups[i], values[i]));
  return {{"values", list}};
}

Json kv_contains(World &world, const Step &step) {
  const std::string &key = step.texts.at("key");
  uint32_t found = 0;
  check(dry_kv_contains(world.get<Kv>(step.on)->reads(), key.data(), key.size(), &found));
  return {{"found", found != 0}};
}

Json kv_list(World &world, const Step &step) {
  dry_kv_reader *reader = world.get<Kv>(step.on)->reads();
  std::vector<std::string> keys;
  std::string key(DRY_KV_KEY_BYTES_MAX, '\0');
  uint64_t cursor = 0;
  for (;;) {
    size_t key_bytes = 0;
    size_t value_bytes = 0;
    const dry_status status =
        dry_kv_next(reader, &cursor, key.data(), key.size(), &key_bytes, nullptr, 0, &value_bytes, nullptr);
    if (status == DRY_NOT_FOUND) break;
    check(status);
    keys.push_back(key.substr(0, key_bytes));
  }
  // std::string compares as unsigned bytes.
  std::sort(keys.begin(), keys.end());
  Json list = Json::array();
  for (const std::string &found : keys) list.push_back(canonical_bytes(found));
  return {{"keys", list}};
}

Json kv_stats(World &world, const Step &step) {
  dry_kv_stats stats;
  check(dry_kv_get_stats(world.get<Kv>(step.on)->reads(), &stats));
  return {{"capacity", canonical_integer(stats.capacity)}, {"entries", canonical_integer(stats.entries)}};
}

Json kv_close(World &world, const Step &step) {
  const auto kv = world.get<Kv>(step.on);
  check(kv->is_writer ? dry_kv_writer_close(&kv->writer) : dry_kv_reader_close(&kv->reader));
  kv->closed = true;
  return Json::object();
}

const std::vector<ResultKey> kVersion = {{"version", ResultType::kInteger}};

}  // namespace

std::vector<Operation> kv_operations() {
  return {
      {"kv.create",
       kv_create,
       kOptional,
       kNone,
       kOptional,
       {integer("entries"), integer("bytes"), name("part", false), integer("seed", false),
        choice("layout", {"blocks", "inline"}, false), integer("max_entry", false)},
       {}},
      {"kv.open", kv_open, kOptional, kNone, kRequired, {name("part")}, {}},
      {"kv.reader", kv_reader, kOptional, kRequired, kNone, {}, {}},
      {"kv.put", kv_put, kNone, kRequired, kNone, {bytes("key"), bytes("value")}, kVersion},
      {"kv.put_new", kv_put_new, kNone, kRequired, kNone, {bytes("key"), bytes("value")}, kVersion},
      {"kv.replace",
       kv_replace,
       kNone,
       kRequired,
       kNone,
       {bytes("key"), bytes("value"), integer("version")},
       kVersion},
      {"kv.delete", kv_delete, kNone, kRequired, kNone, {bytes("key")}, kVersion},
      {"kv.get",
       kv_get,
       kNone,
       kRequired,
       kNone,
       {bytes("key")},
       {{"value", ResultType::kBytes}, {"version", ResultType::kInteger}}},
      {"kv.get_many",
       kv_get_many,
       kNone,
       kRequired,
       kNone,
       {{"keys", ArgumentType::kKeys}},
       {{"values", ResultType::kValues}}},
      {"kv.contains", kv_contains, kNone, kRequired, kNone, {bytes("key")}, {{"found", ResultType::kYesOrNo}}},
      {"kv.list", kv_list, kNone, kRequired, kNone, {}, {{"keys", ResultType::kKeys}}},
      {"kv.stats",
       kv_stats,
       kNone,
       kRequired,
       kNone,
       {},
       {{"capacity", ResultType::kInteger}, {"entries", ResultType::kInteger}}},
      {"kv.close", kv_close, kNone, kRequired, kNone, {}, {}},
  };
}
