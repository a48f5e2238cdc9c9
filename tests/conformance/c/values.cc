// SPDX-License-Identifier: MIT OR Apache-2.0
#include "values.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

namespace {

constexpr uint64_t kLargestExactInteger = uint64_t{1} << 53;

bool is_decimal(const std::string &text) {
  const size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  return text.size() > first && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(),
                                            [](unsigned char c) { return c >= '0' && c <= '9'; });
}

Integer integer_from_text(const std::string &text, const std::string &what) {
  if (!is_decimal(text)) throw Malformed(what + " must be an integer, not \"" + text + "\"");
  errno = 0;
  Integer result;
  result.negative = text[0] == '-';
  result.bits = result.negative ? static_cast<uint64_t>(std::strtoll(text.c_str(), nullptr, 10))
                                : std::strtoull(text.c_str(), nullptr, 10);
  if (errno == ERANGE) throw Malformed(what + " does not fit into 64 bits: " + text);
  result.negative = result.negative && result.bits != 0;
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string bytes_from_hex(const std::string &digits, const std::string &what) {
  if (digits.size() % 2 != 0) throw Malformed(what + " has an odd number of hexadecimal digits");
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) throw Malformed(what + " has something that is not a hexadecimal digit");
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string hex_from_bytes(const std::string &bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

// How many bytes follow a leading byte, or -1 where it leads nothing.
int continuation_count(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return -1;
}

// The code point that starts at `at`, which is moved behind it; -1 for anything RFC 3629 does not allow.
int32_t next_code_point(const std::string &bytes, size_t &at) {
  const unsigned char lead = static_cast<unsigned char>(bytes[at++]);
  const int count = continuation_count(lead);
  if (count < 0) return -1;
  if (count == 0) return lead;
  int32_t point = lead & (0x3f >> count);
  for (int i = 0; i < count; i++, at++) {
    if (at >= bytes.size() || (bytes[at] & 0xc0) != 0x80) return -1;
    point = point << 6 | (bytes[at] & 0x3f);
  }
  static const int32_t smallest[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < smallest[count] || surrogate || point > 0x10ffff ? -1 : point;
}

bool is_printable_utf8(const std::string &bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const int32_t point = next_code_point(bytes, at);
    if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return false;
  }
  return true;
}

std::string with_round(std::string text, const std::string &round) {
  for (size_t at = text.find("$i"); at != std::string::npos; at = text.find("$i", at + round.size())) {
    text.replace(at, 2, round);
  }
  return text;
}

}  // namespace

Integer parse_integer(const Json &json, const std::string &what) {
  if (json.is_string()) return integer_from_text(json.get_ref<const std::string &>(), what);
  if (json.is_number_unsigned()) return {false, json.get<uint64_t>()};
  if (!json.is_number_integer()) throw Malformed(what + " must be an integer, not " + canonical_text(json));
  const int64_t value = json.get<int64_t>();
  return {value < 0, static_cast<uint64_t>(value)};
}

std::string parse_bytes(const Json &json, const std::string &what) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.size() == 1 && json.contains("hex") && json["hex"].is_string()) {
    return bytes_from_hex(json["hex"].get<std::string>(), what);
  }
  throw Malformed(what + " must be a string or {\"hex\": \"...\"}, not " + canonical_text(json));
}

bool parse_yes_or_no(const Json &json, const std::string &what) {
  if (!json.is_boolean()) throw Malformed(what + " must be true or false, not " + canonical_text(json));
  return json.get<bool>();
}

std::string parse_text(const Json &json, const std::string &what) {
  if (!json.is_string()) throw Malformed(what + " must be a string, not " + canonical_text(json));
  return json.get<std::string>();
}

Json canonical_integer(const Integer &integer) {
  if (!integer.negative) return canonical_integer(integer.bits);
  return static_cast<int64_t>(integer.bits);
}

Json canonical_integer(uint64_t value) {
  if (value > kLargestExactInteger) return std::to_string(value);
  return value;
}

Json canonical_bytes(const std::string &bytes) {
  if (is_printable_utf8(bytes)) return bytes;
  return Json{{"hex", hex_from_bytes(bytes)}};
}

std::string canonical_text(const Json &json) { return json.dump(-1, ' ', false); }

Json expanded(const Json &json, const std::string &round) {
  if (json.is_string()) return with_round(json.get<std::string>(), round);
  if (!json.is_structured()) return json;
  Json copy = json;
  for (Json &element : copy) element = expanded(element, round);
  return copy;
}
