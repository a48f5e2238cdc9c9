// SPDX-License-Identifier: MIT OR Apache-2.0
// The subcommands. Each function adds some to the command line; CLI11 calls what they register once the line is parsed.
#ifndef DRYSTONE_CLI_COMMANDS_H
#define DRYSTONE_CLI_COMMANDS_H

#include <string>

namespace CLI {
class App;
}

namespace cli {

void add_create(CLI::App &app);
void add_load(CLI::App &app);
void add_dump_and_scan(CLI::App &app);
void add_get_put_delete(CLI::App &app);
void add_stat_and_verify(CLI::App &app);
void add_copy_and_unlink(CLI::App &app);

// REGION and --part, which nearly all of them take.
void add_region(CLI::App *command, std::string &region);
void add_part(CLI::App *command, std::string &part);
// --format
void add_format(CLI::App *command, std::string &format);
// A check for options: a number in decimal digits that fits 64 bits. CLI11 alone takes "" for 0 and "010" for 8.
std::string refuse_unless_whole_number(const std::string &text);

}  // namespace cli

#endif
