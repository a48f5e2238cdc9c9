/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Caches, the depot and a death (c/src/memory/shared_pool_cache.c and _repair.c): two caches take and give back slots, and
 * trade their magazines with the depot; the first may be killed between any two of its stores, and is then reclaimed while
 * the second goes on. No slot may be handed out twice. At the end each is with a living user, in a living magazine, in the
 * depot, or in the one batch that the dead carried at that moment.
 *
 * Small, so that all of it is visited: magazines of one slot, one a cache. The depot's stacks are sets here: that they are
 * is what tagged_stack.pml shows.
 *
 * Seeded faults, each of which spin must find:
 *   -DFAULT=1  a slot's word says free before the slot is in the magazine
 *   -DFAULT=2  a magazine goes into the depot while the cache's record still names it
 *   -DFAULT=3  a reclaim goes by the owner words and does not look at the magazine
 */
#ifndef FAULT
#define FAULT 0
#endif
#define SLOTS 3
#define BATCHES 6
#define NONE 15
#define FULL 1
#define EMPTY 2
#define CACHES 2
#define ROUNDS 5

byte owner[SLOTS];          /* 0: free, else 1 + the cache */
byte slot_of[BATCHES];      /* what the batch holds; NONE: nothing */
byte stack_of[BATCHES];     /* FULL, EMPTY: in that stack of the depot; 0: not in the depot */
byte magazine[CACHES];      /* in the cache's record */
byte user[SLOTS];           /* ghost: 1 + the cache whose user has it now, 0: nobody */
byte carried[CACHES];       /* ghost: a batch that was taken from the depot or the record, and is in neither */
bool dead = false;
byte finished = 0;

inline pop(stack, got) {
  atomic {
    got = 0;
    do
    :: got < BATCHES && stack_of[got] != stack -> got++
    :: else -> break
    od;
    if
    :: got == BATCHES -> got = NONE
    :: else -> stack_of[got] = 0; carried[me] = got
    fi
  }
}

inline push(put) {
  atomic {
    if
    :: slot_of[put] == NONE -> stack_of[put] = EMPTY
    :: else -> stack_of[put] = FULL
    fi;
    carried[me] = NONE
  }
}

/* Between any two stores of the first cache. */
#define STEP if :: true :: me == 0 && may_die -> goto died fi

/* The record names `batch` from here on; the old one is being carried. */
inline replace(batch) {
  old = magazine[me];
  if
  :: FAULT == 2 -> push(old); STEP; magazine[me] = batch; carried[me] = NONE
  :: else -> atomic { magazine[me] = batch; carried[me] = old }; STEP; push(old)
  fi;
  STEP
}

inline acquire() {
  got = NONE;
  if
  :: slot_of[magazine[me]] != NONE
  :: else ->
     pop(FULL, batch); STEP;
     if
     :: batch != NONE -> replace(batch)
     :: else
     fi
  fi;
  slot = slot_of[magazine[me]];
  if
  :: slot == NONE
  :: else ->
     assert(owner[slot] == 0);
     owner[slot] = me + 1; STEP;
     slot_of[magazine[me]] = NONE; STEP;
     atomic { assert(user[slot] == 0); user[slot] = me + 1; got = slot }
  fi
}

/* Puts `slot`, which nobody uses any more, into the magazine, and frees it. */
inline put() {
  if
  :: slot_of[magazine[me]] == NONE
  :: else -> pop(EMPTY, batch); assert(batch != NONE); STEP; replace(batch)
  fi;
  if
  :: FAULT == 1 -> owner[slot] = 0; STEP; slot_of[magazine[me]] = slot
  :: else -> slot_of[magazine[me]] = slot; STEP; owner[slot] = 0
  fi;
  STEP
}

proctype cache(byte me) {
  byte batch, old, slot, got, round;
  bool may_die = true;
  byte mine = NONE, other = NONE;
  do
  :: round < ROUNDS ->
     round++;
     if
     :: mine == NONE -> acquire(); mine = got
     :: mine != NONE && other == NONE -> acquire(); other = got
     :: mine != NONE -> slot = mine; mine = other; other = NONE; user[slot] = 0; put()
     fi
  :: else -> break
  od;
  goto end;
died:
  dead = true;
end:
  finished++
}

/* The lock of the first cache is free: its owner is dead. Through its own record all that it had is given back. */
proctype reclaim() {
  byte batch, old, slot;
  byte me = 0;
  byte at;
  bool may_die = false;
  dead || finished == CACHES;
  if
  :: dead ->
     /* Its users are gone with it; what it carried is stranded until a repair. */
     byte stranded = carried[0];
     at = slot_of[magazine[0]];
     if
     :: at != NONE && FAULT != 3 -> owner[at] = 0
     :: else
     fi;
     d_step { for (at : 0 .. SLOTS - 1) { if :: user[at] == 1 -> user[at] = 0 :: else fi } };
     at = 0;
     do
     :: at < SLOTS ->
        if
        :: owner[at] == 1 -> slot = at; put()
        :: else
        fi;
        at++
     :: else -> break
     od;
     batch = magazine[0];
     atomic { magazine[0] = NONE; carried[0] = batch };
     push(batch);
     carried[0] = stranded
  :: else
  fi;
  finished == CACHES;
  /* Where is each slot? */
  d_step {
    byte places, b;
    for (at : 0 .. SLOTS - 1) {
      places = (user[at] != 0);
      for (b : 0 .. BATCHES - 1) {
        if
        :: slot_of[b] == at && (stack_of[b] == FULL || magazine[0] == b || magazine[1] == b || carried[0] == b) -> places++
        :: else
        fi
      }
      assert(places == 1)
    }
  }
died:
  skip
}

init {
  byte at;
  d_step {
    for (at : 0 .. BATCHES - 1) {
      slot_of[at] = NONE;
      if
      :: at < SLOTS -> slot_of[at] = at; stack_of[at] = FULL
      :: at == SLOTS -> magazine[0] = at
      :: at == SLOTS + 1 -> magazine[1] = at
      :: else -> stack_of[at] = EMPTY
      fi
    }
    carried[0] = NONE; carried[1] = NONE
  };
  atomic { run cache(0); run cache(1); run reclaim() }
}
