// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bench/c/run.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <vector>

namespace bench {

void run_benchmarks(const std::string &program, const std::string &folder, const std::string &subject) {
  // The library has no call for its output file, only this option.
  std::vector<std::string> options = {program, "--benchmark_out=" + folder + "/google_benchmark.json",
                                      "--benchmark_out_format=json"};
  std::vector<char *> arguments;
  for (std::string &option : options) arguments.push_back(option.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  benchmark::ConsoleReporter progress(benchmark::ConsoleReporter::OO_Tabular);
  progress.SetOutputStream(&std::cerr);
  progress.SetErrorStream(&std::cerr);
  if (benchmark::RunSpecifiedBenchmarks(&progress) != 0) return;
  std::cerr << subject << ": has none of the operations wanted\n";
  std::exit(3);
}

}  // namespace bench
