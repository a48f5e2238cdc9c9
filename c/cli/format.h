// SPDX-License-Identifier: MIT OR Apache-2.0
// Rows of text that hold a key and a value: CSV, TSV and JSON Lines. All three carry any bytes there and back.
//
//   CSV    RFC 4180: fields with a comma, quote or line end stand in double quotes, a quote inside is doubled
//   TSV    key, tab, value; \t \n \r \\ stand for tab, line feed, carriage return and backslash
//   jsonl  {"key":"...","value":"..."} a line; bytes that are not UTF-8 are {"hex":"00ff"} in place of the string
//
// Line ends may be LF or CR LF; LF is written. Empty lines hold no row and are passed over.
#ifndef DRYSTONE_CLI_FORMAT_H
#define DRYSTONE_CLI_FORMAT_H

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "input.h"

namespace cli {

enum class Format { kCsv, kTsv, kJsonLines };

struct Record {
  std::string key;
  std::string value;
  uint64_t line = 0; // where it starts
};

// A row that cannot be taken. The input stands at the start of the next line, so reading can go on.
class BadRow : public std::runtime_error {
 public:
  BadRow(uint64_t line, const std::string &cause) : std::runtime_error(cause), line_(line) {}
  uint64_t line() const { return line_; }

 private:
  uint64_t line_;
};

// The format that --format names (empty: not given), else that of the path's extension; "-" alone means TSV.
Format choose_format(const std::string &name, const std::string &path);

// Reads the next row, or returns false at the end. Throws BadRow.
bool read_record(Format format, Input &input, Record &record);
// Appends one row.
void append_record(Format format, std::string &out, std::string_view key, std::string_view value);

bool read_csv(Input &input, Record &record);
bool read_tsv(Input &input, Record &record);
bool read_json_line(Input &input, Record &record);
void append_csv(std::string &out, std::string_view key, std::string_view value);
void append_tsv(std::string &out, std::string_view key, std::string_view value);
void append_json_line(std::string &out, std::string_view key, std::string_view value);
void append_tsv_field(std::string &out, std::string_view field);

// Leaves the rest of the line unread and throws BadRow.
[[noreturn]] void refuse_row(Input &input, uint64_t line, const std::string &cause);
// Passes over empty lines; false at the end of the input.
bool find_row(Input &input);

}  // namespace cli

#endif
