// SPDX-License-Identifier: MIT OR Apache-2.0
// operation.h: which operations there are, and what each takes and answers.
#ifndef TESTS_CONFORMANCE_C_OPERATION_H
#define TESTS_CONFORMANCE_C_OPERATION_H

#include <string>
#include <vector>

#include "values.h"

class World;
struct Step;

enum class Need { kNone, kOptional, kRequired };
constexpr Need kNone = Need::kNone;
constexpr Need kOptional = Need::kOptional;
constexpr Need kRequired = Need::kRequired;

enum class ArgumentType { kInteger, kBytes, kName, kChoice, kYesOrNo, kKeys };
enum class ResultType { kInteger, kIntegerOrNull, kIntegers, kBytes, kYesOrNo, kKeys, kValues, kParts, kClasses };

struct Argument {
  std::string name;
  ArgumentType type;
  bool required = true;
  std::vector<std::string> choices = {};
};

struct ResultKey {
  std::string name;
  ResultType type;
};

struct Operation {
  std::string name;
  Json (*run)(World &, const Step &);
  Need as, on, in;
  std::vector<Argument> arguments;
  std::vector<ResultKey> results;
};

Argument integer(const char *name, bool required = true);
Argument bytes(const char *name);
Argument name(const char *name, bool required = true);
Argument yes_or_no(const char *name);  // never required
Argument choice(const char *name, std::vector<std::string> choices, bool required = true);

// Null for an unknown one.
const Operation *find_operation(const std::string &name);

#endif
