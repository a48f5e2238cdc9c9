/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * message_buffers: two processes, and messages that are written once and read where they lie.
 *
 * The buffers are a shared pool in a named shared-memory region. The sender takes a buffer, fills it, and sends its
 * slot's number through a pipe; the receiver, a program of its own that finds the region by its name, reads the message
 * in place and gives the buffer back through its own cache. A third process takes buffers and is killed with them in its
 * hands: what it held is found and freed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define MESSAGES 50000
#define BUFFERS 512
#define PART "messages"
#define TOGETHER 32 /* numbers that travel in one write */
#define IN_HANDS 10

extern char **environ;

typedef struct message {
  uint64_t number;
  uint32_t length;
  uint32_t checksum;
  uint8_t bytes[1008];
} message;

static uint32_t checksum_of(const message *m) {
  uint32_t sum = 2166136261u; /* FNV-1a */
  for (uint32_t i = 0; i < m->length; i++) sum = (sum ^ m->bytes[i]) * 16777619u;
  return sum;
}

static message *message_at(const dry_shared_pool *pool, uint32_t slot) {
  void *memory = NULL;
  CHECK_OK(dry_shared_pool_at(pool, slot, &memory));
  return memory;
}

/* ---- the other programs: they find the region by its name ------------------------------------------------------- */

static void join(const char *name, dry_region *region, dry_shared_pool *pool, dry_shared_pool_cache *cache) {
  const dry_region_open_options options = {
      .struct_size = sizeof options, .kind = DRY_REGION_SHARED, .name = name, .mode = DRY_MODE_SHARE};
  CHECK_OK(dry_region_open(&options, region, NULL));
  CHECK_OK(dry_shared_pool_open(region, PART, strlen(PART), pool, NULL));
  CHECK_OK(dry_shared_pool_cache_open(pool, cache, NULL));
}

static uint64_t receive_all(dry_shared_pool *pool, dry_shared_pool_cache *cache) {
  uint32_t slots[TOGETHER];
  uint64_t received = 0;
  ssize_t bytes;
  /* At most PIPE_BUF bytes are written at once, so the numbers come whole. */
  while ((bytes = read(STDIN_FILENO, slots, sizeof slots)) > 0) {
    CHECK((size_t)bytes % sizeof *slots == 0);
    for (size_t i = 0; i < (size_t)bytes / sizeof *slots; i++) {
      /* From here on the buffer is this process's own, and stays so if the sender dies. */
      CHECK_OK(dry_shared_pool_adopt(cache, slots[i]));
      const message *m = message_at(pool, slots[i]);
      CHECK(m->number == received && m->checksum == checksum_of(m));
      CHECK_OK(dry_shared_pool_cache_release(cache, slots[i]));
      received++;
    }
  }
  CHECK(bytes == 0);
  return received;
}

static int receive(const char *name) {
  dry_region region;
  dry_shared_pool pool;
  dry_shared_pool_cache cache;
  join(name, &region, &pool, &cache);
  const uint64_t received = receive_all(&pool, &cache);
  CHECK_OK(dry_shared_pool_cache_close(&cache));
  CHECK_OK(dry_shared_pool_close(&pool));
  CHECK_OK(dry_region_close(&region));
  /* The pipe has ended, so the sender has or was: the name must not outlive both. */
  (void)dry_region_unlink(DRY_REGION_SHARED, name, NULL);
  CHECK(received == MESSAGES);
  printf("receiver: %" PRIu64 " messages, each whole and in order\n", received);
  return 0;
}

static int die(const char *name) {
  dry_region region;
  dry_shared_pool pool;
  dry_shared_pool_cache cache;
  uint32_t slots[IN_HANDS];
  join(name, &region, &pool, &cache);
  CHECK_OK(dry_shared_pool_cache_acquire_many(&cache, slots, IN_HANDS));
  raise(SIGKILL);
  return 1;
}

/* ---- the sender ------------------------------------------------------------------------------------------------- */

typedef struct sender {
  char name[64];
  dry_region region;
  dry_shared_pool pool;
  dry_shared_pool_cache cache;
  pid_t receiver;
  int pipe;
  uint32_t slots[TOGETHER];
  size_t waiting;
  uint64_t full;
} sender;

/* Starts this program again as another role, with `input` as its standard input. */
static pid_t start(const char *role, const char *name, int input) {
  char *arguments[] = {(char *)"message_buffers", (char *)role, (char *)name, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child = 0;
  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) == 0);
  CHECK(posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ) == 0);
  CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
  return child;
}

static void open_sender(sender *s) {
  int ends[2];
  snprintf(s->name, sizeof s->name, "drystone-example-%ld-%llx", (long)getpid(), (unsigned long long)(uintptr_t)s);
  const dry_shared_pool_options pool_options = {
      .struct_size = sizeof pool_options, .object_bytes = sizeof(message), .capacity_slots = BUFFERS};
  uint64_t bytes = 0;
  CHECK_OK(dry_shared_pool_required_bytes(&pool_options, &bytes));
  const dry_region_options options = {.struct_size = sizeof options,
                                      .kind = DRY_REGION_SHARED,
                                      .name = s->name,
                                      .size_bytes = bytes + 65536}; /* and the region's own */
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  CHECK_OK(dry_region_create(&options, &s->region, NULL));
  CHECK_OK(dry_shared_pool_create_in(&s->region, PART, strlen(PART), &pool_options, &s->pool, NULL));
  CHECK_OK(dry_shared_pool_cache_open(&s->pool, &s->cache, NULL));
  s->receiver = start("receive", s->name, ends[0]);
  s->pipe = ends[1];
  close(ends[0]);
}

static void flush(sender *s) {
  const size_t bytes = s->waiting * sizeof *s->slots;
  CHECK(bytes <= PIPE_BUF && write(s->pipe, s->slots, bytes) == (ssize_t)bytes);
  s->waiting = 0;
}

/* A full pool means that the receiver has not read yet what was sent. */
static uint32_t take_buffer(sender *s) {
  uint32_t slot = 0;
  for (;;) {
    const dry_status status = dry_shared_pool_cache_acquire(&s->cache, &slot);
    if (status != DRY_FULL) {
      CHECK_OK(status);
      return slot;
    }
    if (s->waiting != 0) flush(s);
    CHECK(waitpid(s->receiver, NULL, WNOHANG) == 0);
    s->full++;
    sched_yield();
  }
}

static void send_all(sender *s) {
  for (uint64_t number = 0; number < MESSAGES; number++) {
    const uint32_t slot = take_buffer(s);
    message *m = message_at(&s->pool, slot);
    m->number = number;
    m->length = (uint32_t)(number * 31 % sizeof m->bytes);
    for (uint32_t i = 0; i < m->length; i++) m->bytes[i] = (uint8_t)(number + i);
    m->checksum = checksum_of(m);
    s->slots[s->waiting++] = slot;
    if (s->waiting == TOGETHER) flush(s);
  }
  if (s->waiting != 0) flush(s);
  printf("sender: %d messages through %d buffers, which were all under way %s\n", MESSAGES, BUFFERS,
         s->full ? "now and then" : "never");
  fflush(stdout);
}

static uint64_t in_use(const sender *s) {
  dry_shared_pool_stats stats;
  CHECK_OK(dry_shared_pool_get_stats(&s->pool, &stats));
  return stats.in_use;
}

static void wait_until_all_are_back(sender *s) {
  while (in_use(s) != 0) {
    CHECK(waitpid(s->receiver, NULL, WNOHANG) == 0);
    sched_yield();
  }
}

static void bring_back_what_the_dead_held(sender *s) {
  int status = 0;
  uint64_t brought_back = 0;
  const pid_t child = start("die", s->name, STDIN_FILENO);
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  CHECK(in_use(s) == IN_HANDS);
  CHECK_OK(dry_shared_pool_reclaim(&s->pool, &brought_back, NULL));
  CHECK(brought_back >= IN_HANDS && in_use(s) == 0);
  CHECK_OK(dry_shared_pool_validate(&s->pool, NULL));
  printf("sender: a process was killed with %d buffers in its hands; they are free again\n", IN_HANDS);
  fflush(stdout);
}

static void close_sender(sender *s) {
  int status = 0;
  close(s->pipe);
  CHECK(waitpid(s->receiver, &status, 0) == s->receiver && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK_OK(dry_shared_pool_cache_close(&s->cache));
  CHECK_OK(dry_shared_pool_close(&s->pool));
  CHECK_OK(dry_region_close(&s->region));
  CHECK(dry_region_unlink(DRY_REGION_SHARED, s->name, NULL) == DRY_NOT_FOUND);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "receive") == 0) return receive(argv[2]);
  if (argc == 3 && strcmp(argv[1], "die") == 0) return die(argv[2]);
  static sender s;
  signal(SIGPIPE, SIG_IGN); /* a receiver that is gone is an error of the write */
  open_sender(&s);
  send_all(&s);
  wait_until_all_are_back(&s);
  bring_back_what_the_dead_held(&s);
  close_sender(&s);
  return 0;
}
