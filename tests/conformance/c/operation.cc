// SPDX-License-Identifier: MIT OR Apache-2.0
#include "operation.h"

#include "kv_steps.h"
#include "region_steps.h"

namespace {

constexpr Need kNone = Need::kNone;
constexpr Need kOptional = Need::kOptional;
constexpr Need kRequired = Need::kRequired;

Argument integer(const char *name, bool required = true) { return {name, ArgumentType::kInteger, required}; }
Argument bytes(const char *name) { return {name, ArgumentType::kBytes}; }
Argument name(const char *name, bool required = true) { return {name, ArgumentType::kName, required}; }
Argument choice(const char *name, std::vector<std::string> choices, bool required = true) {
  return {name, ArgumentType::kChoice, required, std::move(choices)};
}
Argument kind() { return choice("kind", {"memory", "file", "shared"}); }

const std::vector<ResultKey> kVersion = {{"version", ResultType::kInteger}};

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
      {"kv.contains", kv_contains, kNone, kRequired, kNone, {bytes("key")}, {{"found", ResultType::kFound}}},
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

std::vector<Operation> all_operations() {
  std::vector<Operation> all = region_operations();
  for (Operation &operation : kv_operations()) all.push_back(std::move(operation));
  return all;
}

}  // namespace

const Operation *find_operation(const std::string &name) {
  static const std::vector<Operation> operations = all_operations();
  for (const Operation &operation : operations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}
