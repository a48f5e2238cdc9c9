// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory benchmarks in C++: `memory subjects`, `memory measure SUBJECT OUT`. See bench/README.md.

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/c/memory/heaps.h"
#include "bench/c/memory/options.h"
#include "bench/c/memory/peer_arenas.h"
#include "bench/c/memory/peer_indices.h"
#include "bench/c/memory/peer_pools.h"
#include "bench/c/memory/registry.h"

namespace bench {
namespace {

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

// The program that is linked with libdrystone.so lies beside this one.
void start_shared(const char *, char **arguments) {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || length == static_cast<ssize_t>(sizeof path)) fail("/proc/self/exe", "cannot be read");
  const std::string program = std::string(path, static_cast<size_t>(length)) + "_so";
  execv(program.c_str(), arguments);
  fail(program, "could not be started");
}

template <class One>
void add_heap(Program &program) {
  program.pool<One>();
  program.slab<MixedHeap<One>>();
  program.shared<SharedHeap<One>>();
}

void add_floor(Program &program) {
  program.arena<ArenaFloor>();
  program.pool<Floor>();
  program.batches<Floor>();
  program.first_touch<FreshFloor>();
  program.first_touch_huge<FreshFloor>();
  program.objects<ObjectFloor>();
  program.slab<MixedFloor>();
  program.indices<IndexFloor>();
  program.shared<SharedFloor>();
}

// What makes a pool, and what then comes of it.
template <uint32_t kFlags>
void add_backing(Program &program) {
  program.add_once<OptionMake<kFlags, false>>("options_create", program.keys() * kLargeTimes);
  program.add_once<OptionMake<kFlags, true>>("options_fill", program.keys() * kLargeTimes);
  program.add<OptionVisit<kFlags>>("options_visit");
  program.add<Random<OptionPool<kFlags>>>("options_random");
}

template <uint64_t kAlign>
void add_neighbours(Program &program) {
  program.add_timed<OptionNeighbours<kAlign>>("options_neighbours");
}

template <uint32_t kFlag>
void add_care(Program &program) {
  program.add<Random<OptionPool<DRY_MEMORY_PREFAULT | kFlag>>>("options_random");
}

struct Choice {
  const char *name;
  void (*add)(Program &);
  void (*start)(const char *library, char **arguments) = nullptr;  // the program that measures it, where this is not it
  const char *library = nullptr;
};

const Choice kChoices[] = {
    {"drystone",
     [](Program &program) {
       add_drystone<Via::kInline>(program);
       program.first_touch<FreshPool<Via::kInline>>();
       program.first_touch_huge<FreshPool<Via::kInline>>();
       add_backing<DRY_MEMORY_PREFAULT>(program);
       add_neighbours<0>(program);
     }},
    {"drystone_call", add_drystone<Via::kCall>},
    {"drystone_so", nullptr, start_shared},
    {"drystone_scratch", [](Program &program) { program.arena<ThreadScratch>(); }},
    {"floor", add_floor},
    {"glibc",
     [](Program &program) {
       add_heap<Glibc>(program);
       program.first_touch<FreshGlibc>();
     }},
    {"mimalloc", add_heap<Mimalloc>, preload, Mimalloc::kLibrary},
    {"jemalloc", add_heap<Jemalloc>, preload, Jemalloc::kLibrary},
    {"tcmalloc", add_heap<Tcmalloc>, preload, Tcmalloc::kLibrary},
    {"boost_pool",
     [](Program &program) {
       program.pool<BoostPool>();
       program.first_touch<FreshBoostPool>();
     }},
    {"boost_lockfree", [](Program &program) { program.shared<LockfreeStack>(); }},
    {"foonathan",
     [](Program &program) {
       program.arena<FoonathanStack>();
       program.pool<Foonathan>();
     }},
    {"std_pmr",
     [](Program &program) {
       program.arena<Monotonic>();
       program.pool<PmrPool>();
       program.slab<PmrMixed>();
     }},
    {"std_pmr_direct", [](Program &program) { program.arena<MonotonicDirect>(); }},
    {"obstack", [](Program &program) { program.arena<Obstack>(); }},
    {"apr", [](Program &program) { program.arena<Apr>(); }},
    {"plf_colony", [](Program &program) { program.objects<Colony>(); }},
    {"bitmap_scan", [](Program &program) { program.indices<IndexScan>(); }},
    {"bitmap_hint", [](Program &program) { program.indices<IndexHint>(); }},
    {"std_set", [](Program &program) { program.indices<IndexSet>(); }},
    {"std_priority_queue", [](Program &program) { program.indices<IndexHeap>(); }},
    {"no_prefault", add_backing<0>},
    {"huge_pages", add_backing<DRY_MEMORY_HUGE_PAGES>},
    {"huge_prefault", add_backing<DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_PREFAULT>},
    {"numa_local", add_backing<DRY_MEMORY_NUMA_LOCAL>},
    {"aligned_64", add_neighbours<DRY_CACHE_LINE_BYTES>},
    {"aligned_128", add_neighbours<DRY_CACHE_PAIR_BYTES>},
    {"wipe", add_care<DRY_MEMORY_WIPE>},
    {"guarded", add_care<DRY_MEMORY_GUARDED>},
    {"track", add_care<DRY_MEMORY_TRACK>},
};

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
    if (choice.start != nullptr) choice.start(choice.library, arguments);
    const Settings settings = settings_from_environment();
    Extras extras;
    Program program(settings, extras);
    choice.add(program);
    program.run(words[2], choice.name);
    return 0;
  }
  std::fprintf(stderr, "no subject '%s'\n", words[1].c_str());
  return usage();
}

}  // namespace
}  // namespace bench

int main(int count, char **arguments) { return bench::run(count, arguments); }
