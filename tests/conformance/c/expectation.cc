// SPDX-License-Identifier: MIT OR Apache-2.0
#include "expectation.h"

#include <cmath>

#include "drystone/status.h"

namespace {

// What stands for one expected key: the canonical value, or a number and how far off the result may be.
struct Expected {
  Json value;
  bool approximate = false;
  double tolerance = 0;
};

bool is_error_code(const std::string &text) {
  for (dry_status status = DRY_OK + 1; status < DRY_STATUS_COUNT; status++) {
    if (text == dry_status_name(status)) return true;
  }
  return false;
}

Json expected_error(const Json &json) {
  const std::string text = parse_text(json, "expected \"error\"");
  if (!is_error_code(text)) throw Malformed("there is no error code \"" + text + "\"");
  return text;
}

bool has_both(const Json &json, const char *one, const char *other) {
  return json.is_object() && json.size() == 2 && json.contains(one) && json.contains(other);
}

Expected expected_integer(const std::string &name, const Json &json) {
  if (!json.is_object()) return {canonical_integer(parse_integer(json, name))};
  const bool well_formed = has_both(json, "approx", "tolerance") && json["approx"].is_number() &&
                           json["tolerance"].is_number() && json["tolerance"].get<double>() >= 0;
  if (!well_formed) throw Malformed("expected \"" + name + "\" must be an integer, or approx and tolerance");
  return {json["approx"], true, json["tolerance"].get<double>()};
}

Json expected_list(const std::string &name, const Json &json, bool allow_null) {
  if (!json.is_array()) throw Malformed("expected \"" + name + "\" must be an array");
  Json list = Json::array();
  for (const Json &element : json) {
    list.push_back(allow_null && element.is_null() ? element : canonical_bytes(parse_bytes(element, name)));
  }
  return list;
}

Json expected_integers(const std::string &name, const Json &json) {
  if (!json.is_array()) throw Malformed("expected \"" + name + "\" must be an array");
  Json list = Json::array();
  for (const Json &element : json) list.push_back(canonical_integer(parse_integer(element, name)));
  return list;
}

Json expected_classes(const std::string &name, const Json &json) {
  if (!json.is_array()) throw Malformed("expected \"" + name + "\" must be an array");
  Json list = Json::array();
  for (const Json &element : json) {
    if (!has_both(element, "size", "in_use")) {
      throw Malformed("each of expected \"" + name + "\" must be an object of size and in_use");
    }
    list.push_back({{"in_use", canonical_integer(parse_integer(element["in_use"], "in_use"))},
                    {"size", canonical_integer(parse_integer(element["size"], "size"))}});
  }
  return list;
}

Json expected_parts(const std::string &name, const Json &json) {
  if (!json.is_array()) throw Malformed("expected \"" + name + "\" must be an array");
  Json list = Json::array();
  for (const Json &part : json) {
    const bool well_formed = has_both(part, "name", "kind") && part["name"].is_string() && part["kind"].is_string();
    if (!well_formed) throw Malformed("each of expected \"" + name + "\" must be an object of name and kind");
    list.push_back({{"kind", part["kind"]}, {"name", canonical_bytes(part["name"])}});
  }
  return list;
}

Expected expected_result(const ResultKey &key, const Json &json) {
  switch (key.type) {
    case ResultType::kInteger: return expected_integer(key.name, json);
    case ResultType::kBytes: return {canonical_bytes(parse_bytes(json, key.name))};
    case ResultType::kKeys: return {expected_list(key.name, json, false)};
    case ResultType::kValues: return {expected_list(key.name, json, true)};
    case ResultType::kParts: return {expected_parts(key.name, json)};
    case ResultType::kIntegerOrNull: return json.is_null() ? Expected{json} : expected_integer(key.name, json);
    case ResultType::kIntegers: return {expected_integers(key.name, json)};
    case ResultType::kClasses: return {expected_classes(key.name, json)};
    case ResultType::kYesOrNo: break;
  }
  return {parse_yes_or_no(json, "expected \"" + key.name + "\"")};
}

Expected parse_expected(const Operation &operation, const std::string &name, const Json &json) {
  if (name == "error") return {expected_error(json)};
  for (const ResultKey &key : operation.results) {
    if (key.name == name) return expected_result(key, json);
  }
  throw Malformed("unknown expectation \"" + name + "\"");
}

double as_double(const Json &number) {
  return number.is_string() ? std::stod(number.get<std::string>()) : number.get<double>();
}

bool is_equal(const Expected &expected, const Json &value) {
  if (!expected.approximate || value.is_null()) return expected.value == value;
  return std::fabs(as_double(expected.value) - as_double(value)) <= expected.tolerance;
}

}  // namespace

void check_expectation(const Operation &operation, const Json &expect) {
  if (!expect.is_object()) throw Malformed("\"expect\" must be an object, not " + canonical_text(expect));
  for (const auto &member : expect.items()) parse_expected(operation, member.key(), member.value());
}

bool expectation_holds(const Operation &operation, const Json &expect, const Json &result) {
  if (result.contains("error") && !expect.contains("error")) return false;
  for (const auto &member : expect.items()) {
    const auto found = result.find(member.key());
    if (found == result.end()) return false;
    if (!is_equal(parse_expected(operation, member.key(), member.value()), *found)) return false;
  }
  return true;
}
