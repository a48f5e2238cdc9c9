// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs the benchmarks that were registered, with their results in the folder's google_benchmark.json.
#pragma once

#include <string>

namespace bench {

// Ends the program with exit 3 when none was registered: the subject has none of the operations that were chosen.
void run_benchmarks(const std::string &program, const std::string &folder, const std::string &subject);

}  // namespace bench
