// SPDX-License-Identifier: MIT OR Apache-2.0
// task_contexts: contexts that one thread takes from a shared pool, and that the worker threads of oneTBB give back.
//
// A context is what a task needs while it runs. The thread that submits work takes it; which worker finishes it nobody
// knows, because the scheduler moves waiting tasks to whoever has nothing to do. So every thread works through a cache
// of its own, and nearly every call touches that cache alone: contexts travel back to the submitting thread 64 at a
// time. When all are under way the pool is full, and the submitting thread waits: the pool bounds what is in flight.
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cinttypes>
#include <new>
#include <thread>

#include "check.h"

namespace {

constexpr uint64_t kContexts = 1024;  // at once; well above what the workers' caches can hold back
constexpr uint64_t kJobs = 10000;
constexpr uint32_t kParts = 8;
constexpr uint64_t kNumbersInPart = 16;
constexpr int kWorkers = 3;

// The steps that 3n + 1 takes to 1: work whose length nobody knows beforehand.
uint64_t steps_to_one(uint64_t number) {
  uint64_t steps = 0;
  for (; number > 1; steps++) number = number % 2 != 0 ? 3 * number + 1 : number / 2;
  return steps;
}

uint64_t steps_from(uint64_t first) {
  uint64_t steps = 0;
  for (uint64_t number = first; number < first + kNumbersInPart; number++) steps += steps_to_one(number);
  return steps;
}

// A job: kParts tasks that may run anywhere at once. Whichever is the last gives the context back.
struct Context {
  explicit Context(uint64_t first_number) : first(first_number), parts_left(kParts), steps(0) {}
  uint64_t first;
  std::atomic<uint32_t> parts_left;
  std::atomic<uint64_t> steps;
};

class Cache {
 public:
  explicit Cache(dry_shared_pool &pool) { CHECK_OK(dry_shared_pool_cache_open(&pool, &cache_, nullptr)); }
  ~Cache() { CHECK_OK(dry_shared_pool_cache_close(&cache_)); }
  Cache(const Cache &) = delete;
  Cache &operator=(const Cache &) = delete;

  // False while every context is under way.
  bool take(uint32_t &slot) {
    const dry_status status = dry_shared_pool_cache_acquire(&cache_, &slot);
    CHECK(status == DRY_OK || status == DRY_FULL);
    return status == DRY_OK;
  }

  void give_back(uint32_t slot) {
    CHECK_OK(dry_shared_pool_cache_release(&cache_, slot));
    given_back++;
  }

  uint64_t given_back = 0;

 private:
  dry_shared_pool_cache cache_{};
};

class Jobs {
 public:
  explicit Jobs(dry_shared_pool &pool)
      : pool_(pool), worker_caches_([&pool] { return Cache(pool); }), arena_(kWorkers, 0) {}

  void submit(uint32_t slot, uint64_t first) {
    new (memory_of(slot)) Context(first);
    arena_.enqueue(group_.defer([this, slot] { start(slot); }));
  }

  // The submitting thread only waits: it has no place among the workers.
  void wait() {
    while (finished_.load() != kJobs) std::this_thread::yield();
    arena_.execute([this] { group_.wait(); });
  }

  uint64_t steps() const { return steps_.load(); }

  // How many contexts each worker gave back, printed; the sum.
  uint64_t report() const {
    uint64_t sum = 0;
    for (const Cache &cache : worker_caches_) {
      std::printf("a worker gave back %" PRIu64 " contexts\n", cache.given_back);
      sum += cache.given_back;
    }
    return sum;
  }

 private:
  void *memory_of(uint32_t slot) {
    void *memory = nullptr;
    CHECK_OK(dry_shared_pool_at(&pool_, slot, &memory));
    return memory;
  }

  // The parts lie in this worker's own queue, where idle workers steal from.
  void start(uint32_t slot) {
    CHECK(std::this_thread::get_id() != submitter_);
    for (uint32_t part = 0; part < kParts; part++) group_.run([this, slot, part] { run_part(slot, part); });
  }

  void run_part(uint32_t slot, uint32_t part) {
    Context &context = *static_cast<Context *>(memory_of(slot));
    context.steps += steps_from(context.first + part * kNumbersInPart);
    if (--context.parts_left != 0) return;
    steps_ += context.steps;
    context.~Context();
    worker_caches_.local().give_back(slot);
    finished_++;
  }

  dry_shared_pool &pool_;
  const std::thread::id submitter_ = std::this_thread::get_id();
  std::atomic<uint64_t> steps_{0};
  std::atomic<uint64_t> finished_{0};
  tbb::enumerable_thread_specific<Cache> worker_caches_;
  tbb::task_arena arena_;
  tbb::task_group group_;
};

uint64_t first_of(uint64_t job) { return 1 + job * kParts * kNumbersInPart; }

// Returns how often all contexts were under way.
uint64_t submit_all(Jobs &jobs, Cache &cache) {
  uint64_t waits = 0;
  for (uint64_t job = 0; job < kJobs; job++) {
    uint32_t slot = 0;
    while (!cache.take(slot)) {
      waits++;
      std::this_thread::yield();
    }
    jobs.submit(slot, first_of(job));
  }
  return waits;
}

uint64_t steps_one_by_one() {
  uint64_t steps = 0;
  for (uint64_t job = 0; job < kJobs; job++) {
    for (uint32_t part = 0; part < kParts; part++) steps += steps_from(first_of(job) + part * kNumbersInPart);
  }
  return steps;
}

void run(dry_shared_pool &pool) {
  Jobs jobs(pool);
  Cache cache(pool);
  const uint64_t waits = submit_all(jobs, cache);
  jobs.wait();
  CHECK(jobs.steps() == steps_one_by_one());
  CHECK(jobs.report() == kJobs);
  std::printf("%" PRIu64 " jobs of %u parts: %" PRIu64 " steps, as one by one; all contexts were under way %" PRIu64
              " times\n",
              kJobs, kParts, jobs.steps(), waits);
}

}  // namespace

int main() {
  // Workers besides this thread, also where there are fewer processors.
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism, kWorkers + 1);
  dry_shared_pool_options options{};
  options.struct_size = sizeof options;
  options.object_bytes = sizeof(Context);
  options.capacity_slots = kContexts;
  options.align_bytes = DRY_CACHE_PAIR_BYTES;  // so that two threads' contexts never share a cache line
  dry_shared_pool pool;
  CHECK_OK(dry_shared_pool_create(&options, &pool, nullptr));
  run(pool);
  dry_shared_pool_stats stats;
  CHECK_OK(dry_shared_pool_get_stats(&pool, &stats));
  CHECK(stats.in_use == 0);
  CHECK_OK(dry_shared_pool_validate(&pool, nullptr));
  CHECK(dry_shared_pool_release(&pool, 0) == DRY_STALE);
  CHECK_OK(dry_shared_pool_close(&pool));
  std::puts("no context is left; to give one back again is refused");
  return 0;
}
