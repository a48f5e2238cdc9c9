// SPDX-License-Identifier: MIT OR Apache-2.0
#include "target.h"

#include "failure.h"
#include "text.h"

namespace cli {
namespace {

constexpr char kDefaultPart[] = "kv";

bool starts_with(const std::string &text, const char *prefix, std::string *rest) {
  const size_t length = std::char_traits<char>::length(prefix);
  if (text.compare(0, length, prefix) != 0) return false;
  *rest = text.substr(length);
  return true;
}

uint64_t round_up_to_page(uint64_t bytes) {
  return (bytes + DRY_REGION_PAGE_BYTES - 1) / DRY_REGION_PAGE_BYTES * DRY_REGION_PAGE_BYTES;
}

PartName part_name(const RegionName &region_name, const std::string &part) {
  return {part, region_name.shown + ": part " + legible(part)};
}

}  // namespace

RegionName parse_region(const std::string &text) {
  RegionName out{DRY_REGION_FILE, text, ""};
  if (starts_with(text, "shm:", &out.name)) {
    out.kind = DRY_REGION_SHARED;
  } else {
    starts_with(text, "file:", &out.name);
  }
  out.shown = (out.kind == DRY_REGION_SHARED ? "shm:" : "file:") + out.name;
  return out;
}

void CloseRegion::operator()(dry_region *region) const {
  dry_region_close(region);
  delete region;
}

void CloseReader::operator()(dry_kv_reader *reader) const {
  dry_kv_reader_close(reader);
  delete reader;
}

void CloseWriter::operator()(dry_kv_writer *writer) const {
  dry_kv_writer_close(writer);
  delete writer;
}

RegionHandle open_region(const RegionName &name, uint32_t mode) {
  dry_region_open_options options{};
  options.struct_size = sizeof options;
  options.kind = name.kind;
  options.name = name.name.c_str();
  options.mode = mode;
  RegionHandle region(new dry_region{});
  dry_detail detail{};
  check(dry_region_open(&options, region.get(), &detail), name.shown, &detail);
  return region;
}

RegionHandle create_region(const RegionName &name, const RegionPlan &plan) {
  dry_region_options options{};
  options.struct_size = sizeof options;
  options.kind = name.kind;
  options.name = name.name.c_str();
  options.size_bytes = plan.size_bytes;
  options.part_capacity = plan.part_capacity;
  options.permissions = plan.permissions;
  RegionHandle region(new dry_region{});
  dry_detail detail{};
  check(dry_region_create(&options, region.get(), &detail), name.shown, &detail);
  return region;
}

void unlink_region(const RegionName &name) {
  dry_detail detail{};
  check(dry_region_unlink(name.kind, name.name.c_str(), &detail), name.shown, &detail);
}

PartName choose_part(const RegionName &region_name, dry_region *region, const std::string &asked) {
  if (!asked.empty()) return part_name(region_name, asked);
  std::string only;
  uint32_t stores = 0;
  dry_part_info info;
  for (uint32_t index = 0; dry_region_part_at(region, index, &info) == DRY_OK; index++) {
    if (info.kind != DRY_PART_KV) continue;
    only.assign(info.name, info.name_bytes);
    stores++;
  }
  return part_name(region_name, stores == 1 ? only : kDefaultPart);
}

bool has_part(const RegionName &region_name, dry_region *region, const std::string &part) {
  dry_part_info info;
  const dry_status status = dry_region_find_part(region, part.data(), part.size(), &info);
  if (status == DRY_NOT_FOUND) return false;
  check(status, part_name(region_name, part).shown);
  return true;
}

ReaderHandle open_reader(dry_region *region, const PartName &part) {
  ReaderHandle reader(new dry_kv_reader{});
  dry_detail detail{};
  check(dry_kv_reader_open(region, part.name.data(), part.name.size(), DRY_KV_READ_CHECKED, reader.get(), &detail),
        part.shown, &detail);
  return reader;
}

WriterHandle open_writer(dry_region *region, const PartName &part) {
  WriterHandle writer(new dry_kv_writer{});
  dry_detail detail{};
  check(dry_kv_open(region, part.name.data(), part.name.size(), writer.get(), &detail), part.shown, &detail);
  return writer;
}

WriterHandle create_kv(dry_region *region, const PartName &part, const dry_kv_options &options) {
  WriterHandle writer(new dry_kv_writer{});
  dry_detail detail{};
  check(dry_kv_create(region, part.name.data(), part.name.size(), &options, writer.get(), &detail), part.shown,
        &detail);
  return writer;
}

Source::Source(const std::string &region_text, const std::string &part_text)
    : name(parse_region(region_text)),
      region(open_region(name, DRY_MODE_READ)),
      part(choose_part(name, region.get(), part_text)),
      reader(open_reader(region.get(), part)) {}

Sink::Sink(const std::string &region_text, const std::string &part_text)
    : name(parse_region(region_text)),
      region(open_region(name, DRY_MODE_WRITE)),
      part(choose_part(name, region.get(), part_text)),
      writer(open_writer(region.get(), part)) {}

dry_kv_options kv_options(uint64_t entries, uint64_t bytes) {
  dry_kv_options options{};
  options.struct_size = sizeof options;
  options.layout = DRY_KV_LAYOUT_BLOCKS;
  options.entries = entries;
  options.bytes = bytes;
  return options;
}

uint64_t region_bytes_for(const std::string &subject, const dry_kv_options &options, uint32_t part_capacity) {
  uint64_t part_bytes = 0;
  check(dry_kv_required_bytes(&options, &part_bytes), subject);
  const uint64_t parts = part_capacity != 0 ? part_capacity : DRY_REGION_PARTS_DEFAULT;
  return DRY_REGION_DIRECTORY_OFFSET + round_up_to_page(parts * sizeof(dry_part_entry)) + round_up_to_page(part_bytes);
}

}  // namespace cli
