// SPDX-License-Identifier: MIT OR Apache-2.0
#include "format.h"

#include "failure.h"

namespace cli {
namespace {

std::string extension_of(const std::string &path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  return path.substr(dot + 1);
}

}  // namespace

Format choose_format(const std::string &name, const std::string &path) {
  if (name.empty() && path == "-") return Format::kTsv;
  const std::string wanted = name.empty() ? extension_of(path) : name;
  if (wanted == "csv") return Format::kCsv;
  if (wanted == "tsv") return Format::kTsv;
  if (wanted == "jsonl" || wanted == "ndjson") return Format::kJsonLines;
  throw Failure(kBadInput, path + ": cannot tell the format from the name; say --format csv, tsv or jsonl");
}

bool read_record(Format format, Input &input, Record &record) {
  switch (format) {
    case Format::kCsv:
      return read_csv(input, record);
    case Format::kTsv:
      return read_tsv(input, record);
    default:
      return read_json_line(input, record);
  }
}

void append_record(Format format, std::string &out, std::string_view key, std::string_view value) {
  switch (format) {
    case Format::kCsv:
      return append_csv(out, key, value);
    case Format::kTsv:
      return append_tsv(out, key, value);
    default:
      return append_json_line(out, key, value);
  }
}

void refuse_row(Input &input, uint64_t line, const std::string &cause) {
  input.skip_line();
  throw BadRow(line, cause);
}

bool find_row(Input &input) {
  while (input.peek() == '\n') input.get();
  return input.peek() >= 0;
}

}  // namespace cli
