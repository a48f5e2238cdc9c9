// SPDX-License-Identifier: MIT OR Apache-2.0
// The `drystone` command: regions and key-value parts from the shell.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>

#include <fcntl.h>

#include "commands.h"
#include "drystone/version.h"
#include "failure.h"

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

void run(int argc, char **argv) {
  cli::check(dry_abi_check(DRY_ABI), "libdrystone");
  cli::CommandLine line("drystone", std::string("drystone ") + dry_version_string(),
                        "Key-value stores in files and in shared memory: one writer, readers that never wait.",
                        "REGION is file:PATH, a plain path, or shm:NAME for named shared memory.\n"
                        "`drystone COMMAND --help` explains a command, with an example.\n\n" +
                            cli::exit_code_table());
  cli::add_create(line);
  cli::add_load(line);
  cli::add_dump_and_scan(line);
  cli::add_get_put_delete(line);
  cli::add_stat_and_verify(line);
  cli::add_copy_and_unlink(line);
  line.run(argc, argv);
}

}  // namespace

int main(int argc, char **argv) {
  hold_standard_descriptors();
  // Without this a closed pipe would kill the command before it could tidy up.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    run(argc, argv);
    return cli::kOk;
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
