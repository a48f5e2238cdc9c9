/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * order_book [SEED]: an order book whose orders lie in a pool.
 *
 * 10,000 orders rest in the book, are cancelled at random, matched and replaced by others. No order is ever allocated
 * while the market is open: the pool was laid out before, so a full book is a clear answer and not a slow call. An
 * order's id is its slot and a sequence number, so that a cancel finds its order without a search, and one that comes too
 * late can be told apart from one that meets another order in the same slot.
 */
#include <inttypes.h>

#include "check.h"

#define ORDERS 10000
#define PRICES 1024
#define MIDDLE (PRICES / 2)
#define NONE UINT32_MAX

enum side { BUY, SELL };

typedef struct order {
  uint64_t id;
  uint32_t quantity;
  uint32_t next, previous; /* slots of the orders behind and before at this price */
  uint16_t price;
  uint16_t side;
} order;

/* A queue: who came first is served first. */
typedef struct level {
  uint32_t first, last;
} level;

typedef struct book {
  dry_pool orders;
  level levels[2][PRICES];
  uint64_t sequence;
  uint64_t submitted, traded, cancelled, refused; /* quantities */
} book;

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_below(uint64_t bound) {
  uint64_t x = random_state += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (x ^ x >> 31) % bound;
}

static order *order_at(book *b, uint32_t slot) {
  void *memory = NULL;
  CHECK_OK(dry_pool_at(&b->orders, slot, &memory));
  return memory;
}

static void append(book *b, level *queue, uint32_t slot) {
  order_at(b, slot)->previous = queue->last;
  if (queue->last == NONE) {
    queue->first = slot;
  } else {
    order_at(b, queue->last)->next = slot;
  }
  queue->last = slot;
}

/* Takes an order out of its queue and gives its slot back. */
static void drop(book *b, uint32_t slot) {
  const order *gone = order_at(b, slot);
  level *queue = &b->levels[gone->side][gone->price];
  if (gone->previous == NONE) {
    queue->first = gone->next;
  } else {
    order_at(b, gone->previous)->next = gone->next;
  }
  if (gone->next == NONE) {
    queue->last = gone->previous;
  } else {
    order_at(b, gone->next)->previous = gone->previous;
  }
  CHECK_OK(dry_pool_release(&b->orders, slot));
}

/* The best price on that side, or -1. */
static int32_t best_price(const book *b, enum side side) {
  for (int32_t i = 0; i < PRICES; i++) {
    const int32_t price = side == BUY ? PRICES - 1 - i : i;
    if (b->levels[side][price].first != NONE) return price;
  }
  return -1;
}

/* Trades with what rests on the other side at that price or a better one; returns what is left. */
static uint32_t match(book *b, enum side side, uint16_t limit, uint32_t quantity) {
  const enum side other = side == BUY ? SELL : BUY;
  while (quantity != 0) {
    const int32_t price = best_price(b, other);
    if (price < 0 || (side == BUY ? price > limit : price < limit)) break;
    const uint32_t slot = b->levels[other][price].first;
    order *resting = order_at(b, slot);
    const uint32_t traded = quantity < resting->quantity ? quantity : resting->quantity;
    quantity -= traded;
    resting->quantity -= traded;
    b->traded += traded;
    if (resting->quantity == 0) drop(b, slot);
  }
  return quantity;
}

/* Submits an order. Returns its id, or 0 when nothing of it rests in the book: it was traded, or the book is full. */
static uint64_t submit(book *b, enum side side, uint16_t price, uint32_t quantity) {
  b->submitted += quantity;
  const uint32_t left = match(b, side, price, quantity);
  if (left == 0) return 0;
  uint32_t slot = 0;
  const dry_status status = dry_pool_acquire(&b->orders, &slot);
  if (status == DRY_FULL) {
    b->refused += left;
    return 0;
  }
  CHECK_OK(status);
  const uint64_t id = ++b->sequence << 32 | slot;
  *order_at(b, slot) = (order){id, left, NONE, NONE, price, (uint16_t)side};
  append(b, &b->levels[side][price], slot);
  return id;
}

/* Returns 0 when it comes too late. */
static int cancel(book *b, uint64_t id) {
  void *memory = NULL;
  const dry_status status = dry_pool_at(&b->orders, (uint32_t)id, &memory);
  if (status == DRY_STALE) return 0; /* nobody has the slot ... */
  CHECK_OK(status);
  const order *found = memory;
  if (found->id != id) return 0; /* ... or another order has */
  b->cancelled += found->quantity;
  drop(b, (uint32_t)id);
  return 1;
}

/* Walks every queue: links, time priority, no side across the other, and no quantity lost or made up. */
static void check_book(book *b) {
  uint64_t orders = 0, quantity = 0;
  for (int side = BUY; side <= SELL; side++) {
    for (int price = 0; price < PRICES; price++) {
      uint32_t previous = NONE;
      for (uint32_t slot = b->levels[side][price].first; slot != NONE; slot = order_at(b, slot)->next) {
        const order *here = order_at(b, slot);
        CHECK(here->side == side && here->price == price && here->quantity != 0 && (uint32_t)here->id == slot);
        CHECK(here->previous == previous && (previous == NONE || order_at(b, previous)->id < here->id));
        orders++;
        quantity += here->quantity;
        previous = slot;
      }
      CHECK(b->levels[side][price].last == previous);
    }
  }
  dry_pool_stats stats;
  CHECK_OK(dry_pool_get_stats(&b->orders, &stats));
  CHECK(stats.in_use == orders);
  CHECK(b->submitted == 2 * b->traded + b->cancelled + b->refused + quantity);
  const int32_t ask = best_price(b, SELL);
  CHECK(ask < 0 || best_price(b, BUY) < ask);
  CHECK_OK(dry_pool_validate(&b->orders, NULL));
}

static void open_book(book *b) {
  const dry_pool_options options = {.struct_size = sizeof options,
                                    .object_bytes = sizeof(order),
                                    .capacity_slots = ORDERS,
                                    .flags = DRY_MEMORY_PREFAULT};
  CHECK_OK(dry_pool_create(&options, &b->orders, NULL));
  for (int i = 0; i < 2 * PRICES; i++) b->levels[i / PRICES][i % PRICES] = (level){NONE, NONE};
}

static void shuffle(uint64_t *ids, uint64_t count) {
  for (uint64_t i = count; i > 1; i--) {
    const uint64_t j = random_below(i), id = ids[i - 1];
    ids[i - 1] = ids[j];
    ids[j] = id;
  }
}

/* As many orders as there is room for, buyers below the middle and sellers above, so that none is traded. */
static void fill(book *b, uint64_t *ids) {
  for (int i = 0; i < ORDERS; i++) {
    const enum side side = i % 2 ? SELL : BUY;
    const uint16_t price = (uint16_t)(side == BUY ? MIDDLE - 1 - random_below(300) : MIDDLE + 1 + random_below(300));
    ids[i] = submit(b, side, price, (uint32_t)(1 + random_below(100)));
    CHECK(ids[i] != 0);
  }
  CHECK(submit(b, BUY, 1, 10) == 0 && b->refused == 10);
  check_book(b);
  printf("%d orders rest in the book, one more was refused\n", ORDERS);
}

static void cancel_half(book *b, uint64_t *ids) {
  shuffle(ids, ORDERS);
  for (int i = 0; i < ORDERS / 2; i++) CHECK(cancel(b, ids[i]));
  for (int i = 0; i < ORDERS / 2; i++) CHECK(!cancel(b, ids[i]));
  check_book(b);
  printf("%d of them were cancelled at random; to cancel them again came too late each time\n", ORDERS / 2);
}

/* Orders around the middle that trade with each other, and cancels of whatever was submitted once. */
static void trade(book *b, uint64_t *ids) {
  uint64_t late = 0;
  for (int i = 0; i < 10 * ORDERS; i++) {
    const uint64_t place = random_below(ORDERS);
    if (random_below(2)) {
      late += !cancel(b, ids[place]);
    } else {
      ids[place] = submit(b, random_below(2) ? SELL : BUY, (uint16_t)(MIDDLE - 100 + random_below(201)),
                          (uint32_t)(1 + random_below(100)));
    }
  }
  check_book(b);
  CHECK(b->traded != 0 && late != 0);
  printf("%d random orders and cancels: %" PRIu64 " pieces were traded, %" PRIu64 " cancels came too late\n",
         10 * ORDERS, b->traded, late);
}

static void close_book(book *b) {
  dry_pool_stats stats;
  for (uint32_t slot = 0; dry_pool_next_used(&b->orders, slot, &slot) == DRY_OK; slot++) {
    CHECK(cancel(b, order_at(b, slot)->id));
  }
  check_book(b);
  CHECK_OK(dry_pool_get_stats(&b->orders, &stats));
  CHECK(stats.in_use == 0 && stats.peak == ORDERS);
  CHECK_OK(dry_pool_close(&b->orders));
  printf("what was left was cancelled: %" PRIu64 " submitted = 2 x %" PRIu64 " traded + %" PRIu64 " cancelled + "
         "%" PRIu64 " refused\n",
         b->submitted, b->traded, b->cancelled, b->refused);
}

int main(int argc, char **argv) {
  static book b;
  static uint64_t ids[ORDERS];
  random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  printf("seed %" PRIu64 "\n", random_state);
  open_book(&b);
  fill(&b, ids);
  cancel_half(&b, ids);
  trade(&b, ids);
  close_book(&b);
  return 0;
}
