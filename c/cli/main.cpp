// SPDX-License-Identifier: MIT OR Apache-2.0
// The `drystone` command: regions and key-value parts from the shell.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <fcntl.h>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "drystone/version.h"
#include "failure.h"
#include "output.h"

namespace {

// A standard descriptor that is closed would be handed to the next file opened, and messages would go into a region.
// The stand-ins are open the wrong way round, so that using one is still an error.
void hold_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) < 0) std::_Exit(cli::kSystem);
  }
}

int report(int code, const std::string &message) {
  std::fprintf(stderr, "drystone: %s\n", message.c_str());
  return code;
}

void build(CLI::App &app) {
  app.name("drystone");
  app.description("Key-value stores in files and in shared memory: one writer, readers that never wait.");
  app.footer("REGION is file:PATH, a plain path, or shm:NAME for named shared memory.\n"
             "`drystone COMMAND --help` explains a command, with an example.\n\n" +
             cli::exit_code_table());
  app.set_version_flag("--version", std::string("drystone ") + dry_version_string());
  app.require_subcommand(1);
  cli::add_create(app);
  cli::add_load(app);
  cli::add_dump_and_scan(app);
  cli::add_get_put_delete(app);
  cli::add_stat_and_verify(app);
  cli::add_copy_and_unlink(app);
}

// CLI11 ends a parse by throwing: for help as well as for mistakes.
int finish_parse(const CLI::App &app, const CLI::ParseError &error) {
  if (error.get_exit_code() != 0) {
    return report(cli::kBadInput, std::string(error.what()) + "\nRun with --help for how it is used.");
  }
  std::ostringstream help;
  app.exit(error, help, help);
  cli::print(help.str());
  return cli::kOk;
}

int run(int argc, char **argv) {
  cli::check(dry_abi_check(DRY_ABI), "libdrystone");
  CLI::App app;
  build(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return finish_parse(app, error);
  }
  return cli::kOk;
}

}  // namespace

int main(int argc, char **argv) {
  hold_standard_descriptors();
  // Without this a closed pipe would kill the command before it could tidy up.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const cli::ReaderGone &) {
    return cli::kOk;
  } catch (const cli::Failure &failure) {
    return report(failure.code(), failure.what());
  } catch (const std::bad_alloc &) {
    return report(cli::kSystem, "out of memory");
  } catch (const std::exception &error) {
    return report(cli::kSystem, error.what());
  }
}
