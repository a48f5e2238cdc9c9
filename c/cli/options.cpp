// SPDX-License-Identifier: MIT OR Apache-2.0
// Options that several subcommands share.
#include <CLI/CLI.hpp>

#include "commands.h"

namespace cli {

void add_region(CLI::App *command, std::string &region) {
  command->add_option("REGION", region, "file:PATH or a plain path, or shm:NAME for named shared memory")->required();
}

void add_part(CLI::App *command, std::string &part) {
  command->add_option("--part", part, "the part in the region; without it the only kv part, else \"kv\"")
      ->type_name("NAME");
}

void add_format(CLI::App *command, std::string &format) {
  command->add_option("--format", format, "csv, tsv or jsonl; without it by the file's extension, tsv for \"-\"")
      ->check(CLI::IsMember({"csv", "tsv", "jsonl"}))
      ->type_name("FORMAT");
}

}  // namespace cli
