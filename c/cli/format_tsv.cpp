// SPDX-License-Identifier: MIT OR Apache-2.0
// Tab-separated values with backslash escapes, two fields a row.
#include "format.h"

namespace cli {
namespace {

// The byte that a backslash and `letter` stand for, or -1.
int unescaped(int letter) {
  switch (letter) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '\\':
      return '\\';
    default:
      return -1;
  }
}

// Reads a field. Returns what ended it: a tab, a line feed, or -1 for the end of the input.
int read_field(Input &input, std::string &field, uint64_t line) {
  for (;;) {
    const int byte = input.get();
    if (byte < 0 || byte == '\t' || byte == '\n') return byte;
    // Written files hold carriage returns as \r, so one before a line feed belongs to the line end.
    if (byte == '\r' && input.peek() == '\n') return input.get();
    if (byte != '\\') {
      field += static_cast<char>(byte);
      continue;
    }
    const int meant = unescaped(input.peek());
    if (meant < 0) refuse_row(input, line, "a backslash must be followed by t, n, r or another backslash");
    input.get();
    field += static_cast<char>(meant);
  }
}

}  // namespace

bool read_tsv(Input &input, Record &record) {
  for (;;) {
    if (!find_row(input)) return false;
    record.line = input.line();
    record.key.clear();
    record.value.clear();
    const int end = read_field(input, record.key, record.line);
    if (end == '\t') break;
    if (!record.key.empty()) refuse_row(input, record.line, "no tab; a row is key, tab, value");
    if (end < 0) return false;
  }
  if (read_field(input, record.value, record.line) == '\t') {
    refuse_row(input, record.line, "more than one tab; a tab inside a value is written \\t");
  }
  return true;
}

void append_tsv_field(std::string &out, std::string_view field) {
  for (const char byte : field) {
    switch (byte) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += byte;
    }
  }
}

void append_tsv(std::string &out, std::string_view key, std::string_view value) {
  append_tsv_field(out, key);
  out += '\t';
  append_tsv_field(out, value);
  out += '\n';
}

}  // namespace cli
