// SPDX-License-Identifier: MIT OR Apache-2.0
// The subject `drystone_so`: the same calls as `drystone_call`, into libdrystone.so. A program of its own, because in the
// other one the same names are the static library's; that one starts this one.

#include <cstdio>
#include <string>

#include "bench/c/memory/registry.h"

int main(int count, char **arguments) {
  if (count != 4 || std::string(arguments[1]) != "measure" || std::string(arguments[2]) != "drystone_so") {
    std::fprintf(stderr, "usage: memory_so measure drystone_so OUT\n");
    return 2;
  }
  const bench::Settings settings = bench::settings_from_environment();
  bench::Extras extras;
  bench::Program program(settings, extras);
  bench::add_drystone<bench::Via::kSharedLibrary>(program);
  program.run(arguments[3], arguments[2]);
  return 0;
}
