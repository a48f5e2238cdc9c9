// SPDX-License-Identifier: MIT OR Apache-2.0
// Options that several subcommands share.
#include <cerrno>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "commands.h"

namespace cli {

void add_region(CLI::App *command, std::string &region) {
  command->add_option("REGION", region, "file:PATH or a plain path, or shm:NAME for named shared memory")->required();
}

void add_part(CLI::App *command, std::string &part) {
  command->add_option("--part", part, "the part in the region; without it the only kv part, else \"kv\"")
      ->option_text("NAME");
}

void add_format(CLI::App *command, std::string &format) {
  command->add_option("--format", format, "csv, tsv or jsonl; without it by the file's extension, tsv for \"-\"")
      ->check(CLI::IsMember({"csv", "tsv", "jsonl"}))
      ->option_text("FORMAT");
}

std::string refuse_unless_whole_number(const std::string &text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const bool padded = text.size() > 1 && text[0] == '0';
  errno = 0;
  std::strtoull(text.c_str(), nullptr, 10);
  return digits && !padded && errno == 0 ? "" : "'" + text + "' is not a whole number that fits 64 bits";
}

}  // namespace cli
