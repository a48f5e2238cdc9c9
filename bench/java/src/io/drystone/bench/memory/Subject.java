// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.MemoryFlag;
import java.util.Locale;
import java.util.Set;

/** Who is measured, and what of it there is; drystone comes first. */
enum Subject {
  DRYSTONE(Set.of("arena", "pool", "object", "slab", "index", "shared")),
  /** Every call made into C. */
  DRYSTONE_JNI(Set.of("arena", "pool", "index", "shared")),
  /** New objects, for the collector to find. */
  HEAP(Set.of("arena", "pool", "slab", "shared")),
  NETTY(Set.of("pool", "slab", "shared")),
  /** Handles as keys of java.util.HashMap. */
  HASH_MAP(Set.of("object")),
  /** java.util.BitSet. */
  BIT_SET(Set.of("index"));

  private final Set<String> groups;

  Subject(Set<String> groups) {
    this.groups = groups;
  }

  static Subject of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it can be asked for an operation: the first word of its name is the group's. */
  boolean can(String operation) {
    boolean own = operation.startsWith("pool_batch") || operation.startsWith("pool_first");
    return groups.contains(operation.substring(0, operation.indexOf('_'))) && (!own || this == DRYSTONE);
  }

  Objects pool(int count) {
    return switch (this) {
      case DRYSTONE -> new Drystone.Pooled(count, MemoryFlag.PREFAULT);
      case DRYSTONE_JNI -> new DrystoneJni.Pooled(count);
      case HEAP -> new Heap.Made(count);
      case NETTY -> new Netty.Pooled(count);
      default -> throw new IllegalStateException(label());
    };
  }

  Objects handled(int count) {
    return this == DRYSTONE ? new Drystone.Handled(count) : new Heap.Handled(count);
  }

  Bump arena(int count, int totalBytes) {
    return switch (this) {
      case DRYSTONE -> new Drystone.Bumped(count, totalBytes);
      case DRYSTONE_JNI -> new DrystoneJni.Bumped(count, totalBytes);
      default -> new Heap.Bumped(count);
    };
  }

  Sized slab(int count, int bytesMax) {
    return switch (this) {
      case DRYSTONE -> new Drystone.Slabbed(count, bytesMax);
      case HEAP -> new Heap.Mixed(count);
      case NETTY -> new Netty.Mixed(count);
      default -> throw new IllegalStateException(label());
    };
  }

  Indices indices(int count) {
    return switch (this) {
      case DRYSTONE -> new Drystone.Mapped(2 * count);
      case DRYSTONE_JNI -> new DrystoneJni.Mapped(2 * count);
      default -> new Heap.Bits(2 * count);
    };
  }

  SharedObjects shared(int count) {
    return switch (this) {
      case DRYSTONE -> new Drystone.Shared(count);
      case DRYSTONE_JNI -> new DrystoneJni.Shared(count);
      case HEAP -> new Heap.Shared();
      case NETTY -> new Netty.Shared();
      default -> throw new IllegalStateException(label());
    };
  }
}
