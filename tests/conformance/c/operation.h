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
enum class ArgumentType { kInteger, kBytes, kName, kChoice, kKeys };
enum class ResultType { kInteger, kBytes, kFound, kKeys, kValues, kParts };

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

// Null for an unknown one.
const Operation *find_operation(const std::string &name);

#endif
