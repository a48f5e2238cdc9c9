// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON Lines: one object a line.
#include "format.h"

#include <nlohmann/json.hpp>

#include "text.h"

namespace cli {
namespace {

using nlohmann::json;

std::string read_line(Input &input) {
  std::string line;
  for (int byte = input.get(); byte >= 0 && byte != '\n'; byte = input.get()) line += static_cast<char>(byte);
  return line;
}

// The parser's message without the prefix that names its own classes.
std::string plain_message(const json::exception &error) {
  const std::string text = error.what();
  const size_t end = text.find("] ");
  return "not JSON: " + (end == std::string::npos ? text : text.substr(end + 2));
}

// Parses a line; a member that stands twice in an object is refused, since one of the two would get lost.
json parse_line(const std::string &line, uint64_t number) {
  uint64_t names = 0;
  const auto count = [&names](int, json::parse_event_t event, const json &) {
    names += event == json::parse_event_t::key;
    return true;
  };
  try {
    json row = json::parse(line, count);
    if (!row.is_object()) throw BadRow(number, "not an object with \"key\" and \"value\"");
    uint64_t kept = row.size();
    for (const auto &member : row) kept += member.is_object() ? member.size() : 0;
    if (kept < names) throw BadRow(number, "a member stands twice, or objects are nested too deep");
    return row;
  } catch (const json::exception &error) {
    throw BadRow(number, plain_message(error));
  }
}

// The bytes of a member: a string's UTF-8, or what {"hex": ...} spells.
std::string bytes_of(const json &row, const char *name, uint64_t line) {
  const auto member = row.find(name);
  if (member == row.end()) throw BadRow(line, std::string("no \"") + name + "\"");
  if (member->is_string()) return member->get<std::string>();
  if (member->is_object() && member->size() == 1 && member->contains("hex") && (*member)["hex"].is_string()) {
    if (auto bytes = from_hex((*member)["hex"].get_ref<const std::string &>())) return *bytes;
    throw BadRow(line, std::string("\"") + name + "\": \"hex\" is not an even number of hexadecimal digits");
  }
  throw BadRow(line, std::string("\"") + name + "\" is neither a string nor {\"hex\": \"...\"}");
}

// Exceptions are for the rare binary value; text, the common case, is written once.
void append_bytes(std::string &out, std::string_view bytes) {
  try {
    out += json(bytes).dump();
  } catch (const json::type_error &) {
    out += "{\"hex\":\"" + to_hex(bytes) + "\"}";
  }
}

}  // namespace

bool read_json_line(Input &input, Record &record) {
  std::string line;
  do {
    if (!find_row(input)) return false;
    record.line = input.line();
    line = read_line(input);
  } while (line.find_first_not_of(" \t\r") == std::string::npos);
  const json row = parse_line(line, record.line);
  record.key = bytes_of(row, "key", record.line);
  record.value = bytes_of(row, "value", record.line);
  if (row.size() != 2) throw BadRow(record.line, "members other than \"key\" and \"value\"");
  return true;
}

void append_json_line(std::string &out, std::string_view key, std::string_view value) {
  out += "{\"key\":";
  append_bytes(out, key);
  out += ",\"value\":";
  append_bytes(out, value);
  out += "}\n";
}

}  // namespace cli
