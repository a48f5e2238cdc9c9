// SPDX-License-Identifier: MIT OR Apache-2.0
// values.h: what stands in a scenario as a value, in the one form that everything is compared and printed in.
#ifndef TESTS_CONFORMANCE_C_VALUES_H
#define TESTS_CONFORMANCE_C_VALUES_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using Json = nlohmann::json;

// The scenario itself is wrong; nothing is said about the library.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// From -2^63 to 2^64 - 1.
struct Integer {
  bool negative = false;
  uint64_t bits = 0;  // two's complement where negative
};

Integer parse_integer(const Json &json, const std::string &what);
std::string parse_bytes(const Json &json, const std::string &what);
bool parse_yes_or_no(const Json &json, const std::string &what);
std::string parse_text(const Json &json, const std::string &what);

// Above 2^53 a decimal string, because not every JSON reader keeps such numbers.
Json canonical_integer(const Integer &integer);
Json canonical_integer(uint64_t value);
// A string where it can be read as one, else {"hex": ...}.
Json canonical_bytes(const std::string &bytes);
std::string canonical_text(const Json &json);

// A copy with every "$i" in a string replaced by `round`; names of keys stay.
Json expanded(const Json &json, const std::string &round);

#endif
