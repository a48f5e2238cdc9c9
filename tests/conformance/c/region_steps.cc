// SPDX-License-Identifier: MIT OR Apache-2.0
#include "region_steps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace {

constexpr uint64_t kLargestFile = uint64_t{1} << 46;

uint32_t kind_of(const Step &step) {
  const std::string &kind = step.texts.at("kind");
  if (kind == "file") return DRY_REGION_FILE;
  return kind == "shared" ? DRY_REGION_SHARED : DRY_REGION_MEMORY;
}

std::string library_name(World &world, uint32_t kind, const std::string &name) {
  if (kind == DRY_REGION_FILE) return world.path(name);
  return kind == DRY_REGION_SHARED ? world.shared_name(name) : std::string();
}

dry_region_options options_for(uint32_t kind, const std::string &name) {
  dry_region_options options{};
  options.struct_size = sizeof options;
  options.kind = kind;
  options.name = kind == DRY_REGION_MEMORY ? nullptr : name.c_str();
  return options;
}

std::shared_ptr<Region> new_region(uint32_t kind, uint32_t mode, const std::string &name) {
  auto region = std::make_shared<Region>();
  region->kind = kind;
  region->mode = mode;
  region->path = kind == DRY_REGION_FILE ? name : "";
  return region;
}

std::string name_for_load(World &world, const Step &step, uint32_t kind) {
  if (step.has_text("name")) return library_name(world, kind, step.texts.at("name"));
  if (kind == DRY_REGION_SHARED) return world.fresh_shared_name();
  return library_name(world, kind, step.texts.at("file") + ".region");
}

const char *part_kind_name(uint32_t kind) {
  switch (kind) {
    case DRY_PART_KV: return "kv";
    case DRY_PART_POOL: return "pool";
    case DRY_PART_INDEX_MAP: return "index_map";
    case DRY_PART_SHARED_POOL: return "shared_pool";
    default: return "unknown";
  }
}

std::string path_to_change(World &world, const Step &step) {
  if (step.has_text("file")) return world.path(step.texts.at("file"));
  if (step.has_text("name")) return world.path(step.texts.at("name"));
  if (!world.is_bound(step.on)) return world.path(step.on);
  const auto region = world.get<Region>(step.on);
  if (region->kind != DRY_REGION_FILE) throw Failure{DRY_UNSUPPORTED, "only a region of kind file has a file"};
  return region->path;
}

[[noreturn]] void fail_for_errno(const std::string &path) {
  throw Failure{errno == ENOENT ? DRY_NOT_FOUND : DRY_IO, path};
}

// A regular file open for writing, and how long it is.
class FileToChange {
 public:
  explicit FileToChange(const std::string &path) : path_(path) {
    struct stat facts;
    if (stat(path.c_str(), &facts) != 0) fail_for_errno(path);
    if (!S_ISREG(facts.st_mode)) throw Failure{DRY_INVALID_ARGUMENT, path + " is not a regular file"};
    size_ = static_cast<uint64_t>(facts.st_size);
    descriptor_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_for_errno(path);
  }
  ~FileToChange() { close(descriptor_); }
  FileToChange(const FileToChange &) = delete;
  FileToChange &operator=(const FileToChange &) = delete;

  void overwrite(uint64_t at, uint8_t byte) {
    if (at >= size_) throw Failure{DRY_INVALID_ARGUMENT, path_ + " ends before that byte"};
    if (pwrite(descriptor_, &byte, 1, static_cast<off_t>(at)) != 1) fail_for_errno(path_);
  }

  void resize(uint64_t bytes) {
    if (ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) fail_for_errno(path_);
  }

 private:
  std::string path_;
  uint64_t size_ = 0;
  int descriptor_ = -1;
};

void refuse_above(const Step &step, const char *name, uint64_t largest) {
  if (step.integer(name) > largest) throw Failure{DRY_INVALID_ARGUMENT, name};
}

Json region_create(World &world, const Step &step) {
  refuse_negative(step);
  const uint32_t kind = kind_of(step);
  const std::string name = library_name(world, kind, step.text_or_empty("name"));
  dry_region_options options = options_for(kind, name);
  options.size_bytes = step.integer("bytes");
  const auto region = new_region(kind, DRY_MODE_WRITE, name);
  dry_detail detail{};
  check(dry_region_create(&options, &region->handle, &detail), &detail);
  world.bind(step.as, region);
  return Json::object();
}

Json region_open(World &world, const Step &step) {
  const uint32_t kind = kind_of(step);
  const std::string name = library_name(world, kind, step.texts.at("name"));
  dry_region_open_options options{};
  options.struct_size = sizeof options;
  options.kind = kind;
  options.name = kind == DRY_REGION_MEMORY ? nullptr : name.c_str();
  options.mode = step.texts.at("mode") == "write" ? DRY_MODE_WRITE : DRY_MODE_READ;
  const auto region = new_region(kind, options.mode, name);
  dry_detail detail{};
  check(dry_region_open(&options, &region->handle, &detail), &detail);
  world.bind(step.as, region);
  return Json::object();
}

Json region_load(World &world, const Step &step) {
  const uint32_t kind = kind_of(step);
  const std::string file = world.path(step.texts.at("file"));
  const std::string name = name_for_load(world, step, kind);
  const dry_region_options options = options_for(kind, name);
  const auto region = new_region(kind, DRY_MODE_WRITE, name);
  dry_detail detail{};
  check(dry_region_load(file.c_str(), &options, &region->handle, &detail), &detail);
  world.bind(step.as, region);
  return Json::object();
}

Json region_save(World &world, const Step &step) {
  const auto region = world.get<Region>(step.on);
  // A closed region comes before a bad name; the library decides when both are its own to judge.
  const std::string file = region->closed ? "closed" : world.path(step.texts.at("file"));
  dry_detail detail{};
  check(dry_region_save(&region->handle, file.c_str(), &detail), &detail);
  return Json::object();
}

Json region_parts(World &world, const Step &step) {
  const auto region = world.get<Region>(step.on);
  Json parts = Json::array();
  for (uint32_t index = 0;; index++) {
    dry_part_info info;
    const dry_status status = dry_region_part_at(&region->handle, index, &info);
    if (status == DRY_NOT_FOUND) return {{"parts", parts}};
    check(status);
    const std::string name(info.name, info.name_bytes);
    parts.push_back({{"kind", part_kind_name(info.kind)}, {"name", canonical_bytes(name)}});
  }
}

Json region_stats(World &world, const Step &step) {
  dry_region_stats stats;
  check(dry_region_get_stats(&world.get<Region>(step.on)->handle, &stats));
  return {{"part_count", stats.part_count},
          {"size_bytes", canonical_integer(stats.size_bytes)},
          {"used_bytes", canonical_integer(stats.used_bytes)}};
}

Json region_verify(World &world, const Step &step) {
  dry_detail detail{};
  check(dry_region_verify(&world.get<Region>(step.on)->handle, &detail), &detail);
  return Json::object();
}

Json region_close(World &world, const Step &step) {
  const auto region = world.get<Region>(step.on);
  check(dry_region_close(&region->handle));
  region->closed = true;
  return Json::object();
}

Json region_damage(World &world, const Step &step) {
  refuse_negative(step);
  const std::string path = path_to_change(world, step);
  refuse_above(step, "byte", 255);
  FileToChange(path).overwrite(step.integer("at"), static_cast<uint8_t>(step.integer("byte")));
  return Json::object();
}

Json region_truncate(World &world, const Step &step) {
  refuse_negative(step);
  const std::string path = path_to_change(world, step);
  refuse_above(step, "bytes", kLargestFile);
  FileToChange(path).resize(step.integer("bytes"));
  return Json::object();
}

Argument kind() { return choice("kind", {"memory", "file", "shared"}); }

}  // namespace

std::vector<Operation> region_operations() {
  return {
      {"region.create", region_create, kOptional, kNone, kNone, {kind(), integer("bytes"), name("name", false)}, {}},
      {"region.open",
       region_open,
       kOptional,
       kNone,
       kNone,
       {kind(), name("name"), choice("mode", {"read", "write"})},
       {}},
      {"region.load", region_load, kOptional, kNone, kNone, {kind(), name("file"), name("name", false)}, {}},
      {"region.save", region_save, kNone, kRequired, kNone, {name("file")}, {}},
      {"region.parts", region_parts, kNone, kRequired, kNone, {}, {{"parts", ResultType::kParts}}},
      {"region.stats",
       region_stats,
       kNone,
       kRequired,
       kNone,
       {},
       {{"part_count", ResultType::kInteger},
        {"size_bytes", ResultType::kInteger},
        {"used_bytes", ResultType::kInteger}}},
      {"region.verify", region_verify, kNone, kRequired, kNone, {}, {}},
      {"region.close", region_close, kNone, kRequired, kNone, {}, {}},
      {"region.damage",
       region_damage,
       kNone,
       kOptional,
       kNone,
       {integer("at"), integer("byte"), name("file", false), name("name", false)},
       {}},
      {"region.truncate",
       region_truncate,
       kNone,
       kOptional,
       kNone,
       {integer("bytes"), name("file", false), name("name", false)},
       {}},
  };
}
