// SPDX-License-Identifier: MIT OR Apache-2.0
// The subcommands. Each function adds some to the command line.
#ifndef DRYSTONE_CLI_COMMANDS_H
#define DRYSTONE_CLI_COMMANDS_H

#include "command_line.h"

namespace cli {

void add_create(CommandLine &line);
void add_load(CommandLine &line);
void add_dump_and_scan(CommandLine &line);
void add_get_put_delete(CommandLine &line);
void add_stat_and_verify(CommandLine &line);
void add_copy_and_unlink(CommandLine &line);

}  // namespace cli

#endif
