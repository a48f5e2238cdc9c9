// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;

/** Opens the way through JNI that the memory blocks only take where they must, to be measured beside the one in Java. */
public final class NativeCalls {
  private NativeCalls() {}

  /** As {@link Pool#acquire()}, by a call into C. */
  public static int acquire(Pool pool) {
    pool.handle.enter();
    try {
      return (int) pool.handle.number(Native.dryj_pool_acquire(pool.handle.address));
    } finally {
      pool.handle.leave();
    }
  }

  /** As {@link Pool#release(int)}, by a call into C. */
  public static void release(Pool pool, int slot) {
    pool.handle.enter();
    try {
      pool.handle.check(Native.dry_pool_release(pool.handle.address, slot));
    } finally {
      pool.handle.leave();
    }
  }

  /** As {@link SharedPoolCache#acquire()}, by a call into C. */
  public static int acquire(SharedPoolCache cache) {
    cache.handle.enter();
    try {
      return (int) cache.handle.number(Native.dryj_shared_pool_cache_acquire(cache.handle.address));
    } finally {
      cache.handle.leave();
    }
  }

  /** As {@link SharedPoolCache#release(int)}, by a call into C. */
  public static void release(SharedPoolCache cache, int slot) {
    cache.handle.enter();
    try {
      cache.handle.check(Native.dry_shared_pool_cache_release(cache.handle.address, slot));
    } finally {
      cache.handle.leave();
    }
  }

  /** As {@link IndexMap#acquire()}, by a call into C. */
  public static int acquire(IndexMap map) {
    map.handle.enter();
    try {
      return (int) map.handle.number(Native.dryj_index_map_acquire(map.handle.address));
    } finally {
      map.handle.leave();
    }
  }

  /** As {@link IndexMap#release(int)}, by a call into C. */
  public static void release(IndexMap map, int index) {
    map.handle.enter();
    try {
      map.handle.check(Native.dry_index_map_release(map.handle.address, index));
    } finally {
      map.handle.leave();
    }
  }

  /** As {@link Arena#alloc}, by a call into C. */
  public static long alloc(Arena arena, long bytes, long align) {
    arena.handle.enter();
    try {
      return arena.handle.number(Native.dryj_arena_alloc(arena.handle.address, bytes, align));
    } finally {
      arena.handle.leave();
    }
  }
}
