// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.concurrent.locks.LockSupport;

/**
 * Who may be inside native code with a block. Calls enter and leave; whoever closes the block, or must not meet a call,
 * holds it: from then on nobody is inside, and who wants to enter waits for the end of that.
 *
 * <p>A gate is either for one call at a time, which refuses a second one (the native code knows nothing of threads, so that
 * two calls at once would damage the block), or for any number of them.
 */
final class Gate implements Barrier {
  private static final VarHandle STATE = field("state");
  private static final VarHandle WANTED = field("wanted");

  /** The bit that keeps calls out. The others count the calls that are inside. */
  private static final int HELD = Integer.MIN_VALUE;

  /** Inside is a call that runs the user's code, for which nobody can wait. */
  private static final int OCCUPIED = 1 << 30;

  private static final int SPINS = 100;
  private static final int YIELDS = 100;
  private static final long NAP_NS = 20_000;

  private final boolean single;
  private volatile int state;

  /** How many want to hold a gate for one: calls let them go first, or they might never find it empty. */
  private volatile int wanted;

  private Gate(boolean single) {
    this.single = single;
  }

  /** For one call at a time. */
  static Gate forOne() {
    return new Gate(true);
  }

  /** For any number of calls. */
  static Gate forMany() {
    return new Gate(false);
  }

  private static VarHandle field(String name) {
    try {
      return MethodHandles.lookup().findVarHandle(Gate.class, name, int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // ---- calls

  /** Whether a call may go on; false when another is inside. Every true is followed by {@link #leave}. */
  boolean enter() {
    return single ? wanted == 0 && STATE.compareAndSet(this, 0, 1) || enterSlowly() : enterAmongMany();
  }

  private boolean enterSlowly() {
    for (int round = 0; ; round++) {
      if (state > 0) {
        return false;
      }
      if (wanted == 0 && STATE.compareAndSet(this, 0, 1)) {
        return true;
      }
      pause(round);
    }
  }

  private boolean enterAmongMany() {
    for (int round = 0; ; round++) {
      // Looking first: a holder waits until nobody is counted, not even by mistake.
      if (state >= 0) {
        if ((int) STATE.getAndAdd(this, 1) >= 0) {
          return true;
        }
        STATE.getAndAdd(this, -1);
      }
      pause(round);
    }
  }

  void leave() {
    if (single) {
      STATE.setRelease(this, 0);
    } else {
      STATE.getAndAdd(this, -1);
    }
    Reference.reachabilityFence(this);
  }

  /** Says that the call that is inside, of a gate for one, goes on to run code of the user's. */
  void occupy() {
    // Whoever waits to hold it looks again and again; nothing here waits for him to see it.
    STATE.setRelease(this, OCCUPIED);
  }

  // ---- holding

  /**
   * Keeps calls out, and waits for the end of those that are inside; false, and nothing is held, when that is one that
   * {@link #occupy occupies} it.
   */
  @Override
  public boolean hold() {
    return single ? holdOne() : holdMany();
  }

  private boolean holdOne() {
    WANTED.getAndAdd(this, 1);
    try {
      for (int round = 0; !STATE.compareAndSet(this, 0, HELD); round++) {
        if (state == OCCUPIED) {
          return false;
        }
        pause(round);
      }
      return true;
    } finally {
      WANTED.getAndAdd(this, -1);
    }
  }

  private boolean holdMany() {
    for (int round = 0; (int) STATE.getAndBitwiseOr(this, HELD) < 0; round++) {
      pause(round); // somebody else holds it
    }
    for (int round = 0; state != HELD; round++) {
      pause(round);
    }
    return true;
  }

  @Override
  public void letGo() {
    // Whoever wants to enter among many counts for a moment, before it sees that it is held.
    STATE.getAndBitwiseAnd(this, ~HELD);
  }

  private static void pause(int round) {
    if (round < SPINS) {
      Thread.onSpinWait();
    } else if (round < SPINS + YIELDS) {
      Thread.yield();
    } else {
      Thread.yield(); // for a thread that was interrupted does not nap
      LockSupport.parkNanos(NAP_NS);
    }
  }
}
