// SPDX-License-Identifier: MIT OR Apache-2.0
#include "text.h"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace cli {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Long enough to recognise a key by, short enough for one line.
constexpr size_t kShownBytes = 60;

}  // namespace

std::string to_hex(std::string_view bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    out += digits[static_cast<unsigned char>(byte) >> 4];
    out += digits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit_value(digits[i]);
    const int low = digit_value(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string legible(std::string_view bytes) {
  std::string_view head = bytes.substr(0, kShownBytes);
  // A cut in the middle of a character would make text look like binary.
  const auto cut_inside = [&] { return (static_cast<unsigned char>(bytes[head.size()]) & 0xc0) == 0x80; };
  while (head.size() < bytes.size() && !head.empty() && cut_inside()) head.remove_suffix(1);
  const char *more = head.size() < bytes.size() ? "..." : "";
  try {
    return nlohmann::json(head).dump() + more;
  } catch (const nlohmann::json::type_error &) {
    return "hex " + to_hex(bytes.substr(0, kShownBytes)) + more;
  }
}

std::string grouped(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

std::string sized(uint64_t bytes) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return counted(bytes, "byte");
  double amount = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (amount >= 1024 && unit < 3) {
    amount /= 1024;
    unit++;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", amount, units[unit]);
  return text;
}

std::string counted(uint64_t number, const char *noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace cli
