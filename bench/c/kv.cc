// SPDX-License-Identifier: MIT OR Apache-2.0
// The key-value benchmarks in C++: `kv subjects`, `kv measure SUBJECT OUT`. See bench/README.md.

#include <cstdio>
#include <string>
#include <vector>

#include "bench/c/operations.h"
#include "bench/c/run.h"
#include "bench/c/shared_operations.h"
#include "bench/c/subject_drystone.h"
#include "bench/c/subject_lmdb.h"
#include "bench/c/subject_unordered_map.h"

namespace bench {
namespace {

template <class Body>
benchmark::internal::Benchmark *add(const Settings &settings, const std::string &operation, Body body) {
  if (!settings.wants(operation)) return nullptr;
  return benchmark::RegisterBenchmark(body.name().c_str(), body)->MinTime(settings.seconds);
}

// A load is timed once, as a whole, by the benchmark itself.
template <class Body>
void add_load(const Settings &settings, const std::string &operation, Body body) {
  if (!settings.wants(operation)) return;
  benchmark::RegisterBenchmark(body.name().c_str(), body)->Iterations(1)->UseManualTime();
}

// The order matters: the first load meets memory that nothing has touched, the second leaves the store populated.
template <class Subject>
void add_all(Session<Subject> &session) {
  const Settings &settings = session.settings();
  add_load(settings, "insert_fresh", Insert<Subject>(session, "insert_fresh", false));
  add_load(settings, "insert", Insert<Subject>(session, "insert", true));
  add(settings, "hit", Hit<Subject>(session, "hit"));
  add(settings, "dependent_hit", DependentHit<Subject>(session, "dependent_hit"));
  add(settings, "miss", Miss<Subject>(session, "miss"));
  if constexpr (Subject::kBatch != 0) add(settings, "get_many_32", GetMany<Subject>(session, "get_many_32"));
  add(settings, "read_alone", SharedRead<Subject>(session, "read_alone", false));
  add(settings, "read_beside_writer", SharedRead<Subject>(session, "read_beside_writer", true));
  add(settings, "update", Update<Subject>(session, "update"));
  add(settings, "delete_insert", DeleteInsert<Subject>(session, "delete_insert"));
}

template <class Subject>
int measure(const std::string &folder) {
  const Settings settings = settings_from_environment();
  Extras extras;
  Session<Subject> session(settings, extras);
  add_all(session);
  run_benchmarks("kv", folder, Subject::kName);
  session.settle();
  benchmark::Shutdown();
  extras.write(folder);
  return 0;
}

int usage() {
  std::fprintf(stderr, "usage: kv subjects | kv measure SUBJECT OUT\n");
  return 2;
}

int run(const std::vector<std::string> &arguments) {
  if (arguments.size() == 1 && arguments[0] == "subjects") {
    std::printf("%s\n%s\n%s\n", Drystone::kName, UnorderedMap::kName, Lmdb::kName);
    return 0;
  }
  if (arguments.size() != 3 || arguments[0] != "measure") return usage();
  if (arguments[1] == Drystone::kName) return measure<Drystone>(arguments[2]);
  if (arguments[1] == UnorderedMap::kName) return measure<UnorderedMap>(arguments[2]);
  if (arguments[1] == Lmdb::kName) return measure<Lmdb>(arguments[2]);
  std::fprintf(stderr, "no subject '%s'\n", arguments[1].c_str());
  return usage();
}

}  // namespace
}  // namespace bench

int main(int count, char **arguments) { return bench::run({arguments + 1, arguments + count}); }
