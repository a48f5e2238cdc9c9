// SPDX-License-Identifier: MIT OR Apache-2.0
// CSV as RFC 4180 has it, with two fields a row.
#include "format.h"

namespace cli {
namespace {

constexpr std::string_view kNeedsQuotes = ",\"\r\n";
// Spreadsheets put this mark at the start of a file. It is not part of the first key unless it stands in quotes.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// After a carriage return: the line feed that must follow.
int finish_line(Input &input, uint64_t line) {
  if (input.peek() != '\n') refuse_row(input, line, "a carriage return outside quotes");
  return input.get();
}

// The rest of a field whose opening quote was read, and what ends it.
int read_quoted_field(Input &input, std::string &field, uint64_t line) {
  for (;;) {
    const int byte = input.get();
    if (byte < 0) refuse_row(input, line, "the quote is never closed");
    if (byte != '"') {
      field += static_cast<char>(byte);
    } else if (input.peek() == '"') {
      field += static_cast<char>(input.get());
    } else {
      break;
    }
  }
  const int end = input.get();
  if (end == '\r') return finish_line(input, line);
  if (end != ',' && end != '\n' && end >= 0) refuse_row(input, line, "text after a closing quote");
  return end;
}

// Reads a field. Returns what ended it: a comma, a line feed, or -1 for the end of the input.
int read_field(Input &input, std::string &field, uint64_t line) {
  for (;;) {
    const int byte = input.get();
    if (byte < 0 || byte == ',' || byte == '\n') return byte;
    if (byte == '\r') return finish_line(input, line);
    if (byte == '"') {
      if (field.empty()) return read_quoted_field(input, field, line);
      refuse_row(input, line, "a quote inside a field that does not start with one");
    }
    field += static_cast<char>(byte);
    if (input.position() == kByteOrderMark.size() && field == kByteOrderMark) field.clear();
  }
}

void append_field(std::string &out, std::string_view field) {
  const bool plain = field.find_first_of(kNeedsQuotes) == std::string_view::npos &&
                     field.substr(0, kByteOrderMark.size()) != kByteOrderMark;
  if (plain) {
    out += field;
    return;
  }
  out += '"';
  for (const char byte : field) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

}  // namespace

bool read_csv(Input &input, Record &record) {
  for (;;) {
    if (!find_row(input)) return false;
    record.line = input.line();
    record.key.clear();
    record.value.clear();
    const uint64_t start = input.position();
    const int end = read_field(input, record.key, record.line);
    if (end == ',') break;
    // An empty line that ends in CR LF gets here, as does a file that holds nothing but a byte order mark.
    const bool empty = record.key.empty() && input.position() - start <= 3;
    if (!empty) refuse_row(input, record.line, "1 field; a row has 2, key and value");
    if (end < 0) return false;
  }
  if (read_field(input, record.value, record.line) == ',') {
    refuse_row(input, record.line, "more than 2 fields; a row has 2, key and value");
  }
  return true;
}

void append_csv(std::string &out, std::string_view key, std::string_view value) {
  append_field(out, key);
  out += ',';
  append_field(out, value);
  out += '\n';
}

}  // namespace cli
