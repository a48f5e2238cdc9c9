// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * When the native side of a block goes: once nobody holds on to it, neither its Java object nor a view of its memory nor
 * another native handle that needs it. It does not know any of them, so that all of them can be collected.
 */
final class Lifetime {
  private final Reclaimer.Claim claim;
  private final boolean owned;
  private final Runnable free;
  private int holders = 1;

  private Lifetime(Reclaimer.Claim claim, boolean owned, Runnable free) {
    this.claim = claim;
    this.owned = owned;
    this.free = free;
    claim.hold();
  }

  /** Of private memory of that size. The caller is the first holder. */
  static Lifetime ofPrivate(long bytes, Runnable free) {
    return new Lifetime(Reclaimer.claim(bytes), true, free);
  }

  /** Of a part, which keeps the memory of its region. */
  static Lifetime ofPart(RegionHandle region, Runnable free) {
    return new Lifetime(region.claim, false, () -> {
      // It tells the region, which must not meet another change.
      synchronized (region.writes) {
        free.run();
      }
    });
  }

  synchronized void hold() {
    holders++;
  }

  /** The last one frees it. */
  void letGo() {
    boolean last;
    synchronized (this) {
      last = --holders == 0;
    }
    if (last) {
      free.run();
      claim.letGo();
    }
  }

  /** The user is done with it: what is left waits for the collector from now on. */
  void closed() {
    if (owned) {
      claim.close();
    }
  }
}
