// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory benchmarks in C++: `memory subjects`, `memory measure SUBJECT OUT`. See bench/README.md.

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/c/memory/drystone.h"
#include "bench/c/memory/heaps.h"
#include "bench/c/memory/patterns.h"
#include "bench/c/memory/peers.h"
#include "bench/c/memory/threads.h"
#include "bench/c/run.h"

namespace bench {
namespace {

class Program {
 public:
  Program(const Settings &settings, Extras &extras) : settings_(settings), extras_(extras) {}

  template <class Body>
  benchmark::internal::Benchmark *add(const std::string &operation) {
    if (!settings_.wants(operation)) return nullptr;
    const Body body(settings_, extras_, operation);
    return benchmark::RegisterBenchmark(body.name().c_str(), body)->MinTime(settings_.seconds);
  }

  template <class Body>
  void add_threads(const std::string &operation) {
    if (auto *made = add<Body>(operation)) made->UseManualTime();
  }

  template <class Subject>
  void add_pool() {
    add<Burst<Subject, true>>("pool_lifo");
    add<Burst<Subject, false>>("pool_fifo");
    add<Random<Subject>>("pool_random");
    add<Half<Subject>>("pool_half");
    add<Bulk<Subject>>("pool_bulk");
  }

  template <class Subject>
  void add_arena() {
    add<Bump<Subject, false>>("arena_64");
    add<Bump<Subject, true>>("arena_mixed");
  }

  template <class Subject>
  void add_shared() {
    add_threads<Together<Subject, Way::kOwn>>("shared_own");
    add_threads<Together<Subject, Way::kOther>>("shared_other");
    add_threads<Together<Subject, Way::kHandOver>>("shared_hand_over");
  }

 private:
  const Settings &settings_;
  Extras &extras_;
};

template <class One>
void add_heap(Program &program) {
  program.add_pool<One>();
  program.add_shared<SharedHeap<One>>();
}

struct Choice {
  const char *name;
  const char *library;  // to preload; NULL: nothing
  void (*add)(Program &);
};

const Choice kChoices[] = {
    {"drystone", nullptr,
     [](Program &program) {
       program.add_arena<DrystoneArena>();
       program.add_pool<Drystone>();
       program.add_shared<DrystoneShared>();
     }},
    {"drystone_call", nullptr,
     [](Program &program) {
       program.add_arena<DrystoneArenaCall>();
       program.add_pool<DrystoneCall>();
     }},
    {"glibc", nullptr, add_heap<Glibc>},
    {"mimalloc", Mimalloc::kLibrary, add_heap<Mimalloc>},
    {"jemalloc", Jemalloc::kLibrary, add_heap<Jemalloc>},
    {"tcmalloc", Tcmalloc::kLibrary, add_heap<Tcmalloc>},
    {"boost_pool", nullptr, [](Program &program) { program.add_pool<BoostPool>(); }},
    {"boost_lockfree", nullptr, [](Program &program) { program.add_shared<LockfreeStack>(); }},
    {"obstack", nullptr, [](Program &program) { program.add_arena<Obstack>(); }},
    {"std_pmr", nullptr, [](Program &program) { program.add_arena<Monotonic>(); }},
};

// Another allocator takes malloc's place by being loaded first, so the program starts itself once more with it.
void preload(const char *library, char **arguments) {
  const char *now = std::getenv("LD_PRELOAD");
  if (now != nullptr && std::string(now) == library) {
    if (dlopen(library, RTLD_NOW | RTLD_NOLOAD) == nullptr) fail(library, "could not be preloaded; ci/setup installs it");
    return;
  }
  setenv("LD_PRELOAD", library, 1);
  execv("/proc/self/exe", arguments);
  fail(library, "the program could not be started anew");
}

int usage() {
  std::fprintf(stderr, "usage: memory subjects | memory measure SUBJECT OUT\n");
  return 2;
}

int run(int count, char **arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 1 && words[0] == "subjects") {
    for (const Choice &choice : kChoices) std::printf("%s\n", choice.name);
    return 0;
  }
  if (words.size() != 3 || words[0] != "measure") return usage();
  for (const Choice &choice : kChoices) {
    if (words[1] != choice.name) continue;
    if (choice.library != nullptr) preload(choice.library, arguments);
    const Settings settings = settings_from_environment();
    Extras extras;
    Program program(settings, extras);
    choice.add(program);
    run_benchmarks("memory", words[2], choice.name);
    extras.write(words[2]);
    return 0;
  }
  std::fprintf(stderr, "no subject '%s'\n", words[1].c_str());
  return usage();
}

}  // namespace
}  // namespace bench

int main(int count, char **arguments) { return bench::run(count, arguments); }
