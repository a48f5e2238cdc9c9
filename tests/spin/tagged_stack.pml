/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The depot's stack (c/src/memory/shared_pool_depot.c): pop reads the head, then `next` of the batch there, then swaps.
 * Three users pop two batches, give the first back, then the second, in every interleaving of their single loads and
 * stores. No batch may be with two users, and at the end all must be on the stack.
 *
 * -DTAGS=0 leaves the tag out of the comparison: spin must find the ABA that it is there for.
 */
#ifndef TAGS
#define TAGS 1
#endif
#define BATCHES 3
#define USERS 3

byte head = 1;            /* number + 1 of the batch on top; 0: none */
byte tag = 0;             /* goes up with every change; it does not go round here */
byte next[BATCHES + 1];   /* by number + 1 */
bit held[BATCHES + 1];    /* ghost: some user has it */
byte done = 0;

inline pop(got) {
  do
  :: atomic { seen = head; seen_tag = tag };
     if
     :: seen == 0 -> got = 0; break
     :: else
     fi;
     below = next[seen];
     if
     :: atomic { head == seen && (!TAGS || tag == seen_tag) ->
          head = below; tag++;
          assert(!held[seen]); held[seen] = 1 };
        got = seen; break
     :: atomic { else -> skip }
     fi
  od
}

inline push(put) {
  if
  :: put == 0
  :: else ->
     seen = head; seen_tag = tag;
     do
     :: next[put] = seen;
        if
        :: atomic { head == seen && (!TAGS || tag == seen_tag) ->
             held[put] = 0; head = put; tag++ };
           break
        :: atomic { else -> seen = head; seen_tag = tag }
        fi
     od
  fi
}

proctype user() {
  byte one, two, seen, seen_tag, below;
  pop(one);
  pop(two);
  push(one);
  push(two);
  done++
}

init {
  byte at, count;
  d_step {
    for (at : 1 .. BATCHES) { next[at] = at + 1 }
    next[BATCHES] = 0
  };
  atomic {
    run user(); run user(); run user()
  };
  done == USERS;
  d_step {
    at = head; count = 0;
    do
    :: at != 0 && count <= BATCHES -> count++; at = next[at]
    :: else -> break
    od;
    assert(at == 0 && count == BATCHES)
  }
}
