// SPDX-License-Identifier: MIT OR Apache-2.0
#include "operation.h"

#include "arena_steps.h"
#include "buffer_pool_steps.h"
#include "index_map_steps.h"
#include "kv_steps.h"
#include "object_pool_steps.h"
#include "pool_steps.h"
#include "region_steps.h"
#include "shared_pool_steps.h"
#include "slab_steps.h"

namespace {

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto operations : {region_operations, kv_operations, arena_operations, pool_operations,
                                shared_pool_operations, index_map_operations, buffer_pool_operations,
                                object_pool_operations, slab_operations}) {
    for (Operation &operation : operations()) all.push_back(std::move(operation));
  }
  return all;
}

}  // namespace

Argument integer(const char *name, bool required) { return {name, ArgumentType::kInteger, required}; }
Argument bytes(const char *name) { return {name, ArgumentType::kBytes}; }
Argument name(const char *name, bool required) { return {name, ArgumentType::kName, required}; }
Argument yes_or_no(const char *name) { return {name, ArgumentType::kYesOrNo, false}; }
Argument choice(const char *name, std::vector<std::string> choices, bool required) {
  return {name, ArgumentType::kChoice, required, std::move(choices)};
}

const Operation *find_operation(const std::string &name) {
  static const std::vector<Operation> operations = all_operations();
  for (const Operation &operation : operations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}
