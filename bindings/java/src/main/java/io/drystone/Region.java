// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * Contiguous, position-independent memory that holds named parts: private memory, a file, or a named shared-memory object.
 *
 * <p>One writer, any number of readers, each in whatever process and language. A writer holds a lock that the kernel frees
 * when its process dies; readers leave no trace.
 *
 * <p>Parts are key-value stores ({@link Kv}, {@link KvReader}), pools ({@link Pool}, {@link SharedPool}) and index maps
 * ({@link IndexMap}).
 *
 * <p>May be used by any number of threads. Changes through one {@code Region} and its stores wait for one another.
 *
 * <p>{@link #close()} frees the writer's lock at once; from then on the region and everything opened from it throws {@link
 * DrystoneException.Closed}. A file must not be truncated while it is open: reading what is missing throws {@link
 * DrystoneException.Io} where Java itself reads, but ends the process inside native code.
 */
public final class Region implements AutoCloseable {
  /** Where a region's bytes are. */
  public enum Kind {
    /** Anonymous private memory; it has no name. */
    MEMORY(Layout.REGION_MEMORY),
    /** A regular file; its name is the path. */
    FILE(Layout.REGION_FILE),
    /** A named shared-memory object; its name has no slash. */
    SHARED(Layout.REGION_SHARED);

    final int number;

    Kind(int number) {
      this.number = number;
    }

    static Kind of(long number) {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw DrystoneException.of(Layout.STATUS_UNSUPPORTED, "kind of region: " + number);
    }
  }

  /** What a region is opened for. */
  public enum Mode {
    /** Reading alone; the memory is mapped read-only. */
    READ(Layout.MODE_READ),
    /** Writing too, with the writer's lock. */
    WRITE(Layout.MODE_WRITE),
    /**
     * Beside the writer, without a lock, for parts that any number of processes change: shared pools. Everything that is
     * the writer's alone throws {@link DrystoneException.ReadOnly}.
     */
    SHARE(Layout.MODE_SHARE);

    final int number;

    Mode(int number) {
      this.number = number;
    }

    static Mode of(long number) {
      for (Mode mode : values()) {
        if (mode.number == number) {
          return mode;
        }
      }
      throw DrystoneException.of(Layout.STATUS_UNSUPPORTED, "mode of a region: " + number);
    }
  }

  private final RegionHandle handle;

  private Region(RegionHandle handle) {
    this.handle = handle;
  }

  // ---- making and opening

  /** Makes a region with default options; see {@link #create(Kind, String, long, RegionOptions)}. */
  public static Region create(Kind kind, String name, long bytes) {
    return create(kind, name, bytes, RegionOptions.DEFAULT);
  }

  /**
   * Makes a region, open for writing. All its space is allocated now.
   *
   * @param name of the file or object; null for {@link Kind#MEMORY}
   * @param bytes rounded up to a multiple of 4096
   * @throws DrystoneException.AlreadyExists when the name is taken
   * @throws DrystoneException.OutOfMemory when memory or disk space does not suffice
   */
  public static Region create(Kind kind, String name, long bytes, RegionOptions options) {
    byte[] raw = nameOf(kind, name);
    return new Region(own(kind, name, () -> Native.dryj_region_create(
        kind.number, raw, bytes, options.partCapacity(), options.permissions(), options.flags())));
  }

  /** Opens a region that exists; see {@link #open(Kind, String, Mode, RegionOptions)}. */
  public static Region open(Kind kind, String name, Mode mode) {
    return open(kind, name, mode, RegionOptions.DEFAULT);
  }

  /**
   * Opens a region that exists, after checking its header and directory.
   *
   * @throws DrystoneException.NotFound when there is none
   * @throws DrystoneException.Busy when another writer has it open for writing
   * @throws DrystoneException.Corrupt when it is damaged, truncated, or no region at all
   */
  public static Region open(Kind kind, String name, Mode mode, RegionOptions options) {
    byte[] raw = nameOf(kind, name);
    int flags = options.flags();
    return new Region(own(kind, name, () -> Native.dryj_region_open(kind.number, raw, mode.number, flags)));
  }

  /** Reads an image that {@link #save} wrote; see {@link #load(String, Kind, String, RegionOptions)}. */
  public static Region load(String path, Kind kind, String name) {
    return load(path, kind, name, RegionOptions.DEFAULT);
  }

  /**
   * Reads an image, checks all of it, and makes of it a new region of that kind and name, open for writing. Its size and
   * the number of its parts come from the image.
   *
   * @throws DrystoneException.Corrupt when any byte differs from what was saved
   */
  public static Region load(String path, Kind kind, String name, RegionOptions options) {
    byte[] from = Utf8.terminated("path", path);
    byte[] raw = nameOf(kind, name);
    return new Region(own(kind, name, () -> Native.dryj_region_load(
        from, kind.number, raw, options.permissions(), options.flags())));
  }

  /** Removes the name of a region. Whoever has it open keeps it. */
  public static void unlink(Kind kind, String name) {
    int status = Native.dry_region_unlink(kind.number, nameOf(kind, name));
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, "unlink: " + label(kind, name));
    }
  }

  private static byte[] nameOf(Kind kind, String name) {
    Objects.requireNonNull(kind, "kind");
    if (kind == Kind.MEMORY) {
      return null;
    }
    return Utf8.terminated("name", Objects.requireNonNull(name, "name"));
  }

  private static String label(Kind kind, String name) {
    return kind == Kind.MEMORY ? "private region" : "region '" + name + "'";
  }

  private static RegionHandle own(Kind kind, String name, LongSupplier make) {
    return RegionHandle.own(Reclaimer.made(make), label(kind, name));
  }

  // ---- the region as a whole

  /** Closes the region and everything opened from it. Again is fine. */
  @Override
  public void close() {
    handle.close();
  }

  /** The parts, oldest first. */
  public List<PartInfo> parts() {
    List<PartInfo> parts = new ArrayList<>();
    long[] numbers = new long[PartInfo.NUMBERS];
    byte[] text = new byte[Layout.PART_NAME_BYTES_MAX + 1];
    while (true) {
      int index = parts.size();
      int status = handle.call(region -> Native.dryj_region_part_at(region, index, numbers, text));
      if (status == Layout.STATUS_NOT_FOUND) {
        return parts;
      }
      handle.check(status, "parts");
      parts.add(PartInfo.of(numbers, text));
    }
  }

  /** Facts on the region. */
  public RegionStats stats() {
    long[] numbers = new long[RegionStats.NUMBERS];
    handle.check(handle.call(region -> Native.dryj_region_stats(region, numbers)), "stats");
    return RegionStats.of(numbers);
  }

  /**
   * Writes one image of the whole region to a file, sealed with a checksum. The path holds the old file or the whole new
   * one, at every moment.
   *
   * @throws DrystoneException.Busy when this region is open for reading and a writer has it too
   */
  public void save(String path) {
    byte[] to = Utf8.terminated("path", path);
    handle.check(handle.callAlone(region -> Native.dry_region_save(region, to)), "save");
  }

  /**
   * Checks header, directory and the contents of every part. A writer of stores may be at work meanwhile; this region's
   * own pools and index maps wait.
   *
   * @throws DrystoneException.Corrupt when something is wrong, and where
   */
  public void verify() {
    handle.check(handle.callWithoutParts(Native::dry_region_verify), "verify");
  }

  // ---- stores

  /**
   * Makes a store as a new part, and opens it for writing.
   *
   * @throws DrystoneException.AlreadyExists when a part has that name
   * @throws DrystoneException.Full when the region has no room for it
   */
  public Kv createKv(String part, KvOptions options) {
    byte[] raw = Utf8.of("part", part);
    return openWriter(part, raw, region -> Native.dryj_kv_create(
        region, raw, options.entries(), options.bytes(), options.seeded() ? 1 : 0, options.seed()));
  }

  /**
   * Opens a store for writing, and recovers what a killed writer left. Where it is open for writing in this region already,
   * this is one more handle of the same writer.
   *
   * @throws DrystoneException.NotFound when there is no such part
   * @throws DrystoneException.ReadOnly when this region is open for reading
   */
  public Kv openKv(String part) {
    byte[] raw = Utf8.of("part", part);
    return openWriter(part, raw, region -> Native.dryj_kv_open(region, raw));
  }

  private Kv openWriter(String part, byte[] raw, LongUnaryOperator open) {
    synchronized (handle.writes) {
      WriterHandle writer = WriterHandle.own(handle.make(open), handle.writes);
      try {
        return new Kv(KvPart.open(handle, part, raw, 0, KvPart.WINDOW_SHIFT), writer);
      } catch (RuntimeException | Error e) {
        Native.dry_kv_writer_close(writer.address);
        throw e;
      }
    }
  }

  /** Opens a store for reading. */
  public KvReader openKvReader(String part) {
    return openReader(part, 0, KvPart.WINDOW_SHIFT);
  }

  /**
   * Opens a store for reading, where every read verifies the entry's checksum and throws {@link DrystoneException.Corrupt}
   * when it is wrong. Such reads go through native code.
   */
  public KvReader openKvReaderChecked(String part) {
    return openReader(part, Layout.KV_READ_CHECKED, KvPart.WINDOW_SHIFT);
  }

  /** Tests use small windows, for which other programs would need parts above a gigabyte. */
  KvReader openReader(String part, int flags, int windowShift) {
    byte[] raw = Utf8.of("part", part);
    synchronized (handle.writes) {
      return new KvReader(KvPart.open(handle, part, raw, flags, windowShift));
    }
  }

  // ---- memory blocks

  /**
   * Makes a pool as a new part; see {@link Pool}.
   *
   * @param options {@link MemoryFlag#GUARDED} and {@link MemoryFlag#WIPE} are the flags that it can have here; it cannot grow
   * @throws DrystoneException.AlreadyExists when a part has that name
   * @throws DrystoneException.Full when the region has no room for it
   */
  public Pool createPool(String part, PoolOptions options) {
    byte[] raw = Utf8.of("part", part);
    return Pool.ofPart(handle, part, region -> Native.dryj_pool_create(
        region, raw, options.partFlags(), options.objectBytes(), options.capacitySlots(), options.alignBytes(),
        options.capacityMaxSlots(), options.chunkSlots()));
  }

  /**
   * Opens a pool, and mends what a killed writer left half-done. Where it is open in this region already this is one more
   * handle of the same pool. In a region opened for reading everything that changes it throws {@link
   * DrystoneException.ReadOnly}.
   *
   * @throws DrystoneException.NotFound when there is no such part
   * @throws DrystoneException.TypeMismatch when the part is no pool
   */
  public Pool openPool(String part) {
    byte[] raw = Utf8.of("part", part);
    return Pool.ofPart(handle, part, region -> Native.dryj_pool_open(region, raw));
  }

  /**
   * Makes a shared pool as a new part; see {@link SharedPool}. Other processes open this region with {@link Mode#SHARE} to
   * work with it.
   *
   * @param options {@link MemoryFlag#GUARDED} and {@link MemoryFlag#WIPE} are the flags that it can have here
   * @throws DrystoneException.AlreadyExists when a part has that name
   * @throws DrystoneException.Full when the region has no room for it
   */
  public SharedPool createSharedPool(String part, SharedPoolOptions options) {
    byte[] raw = Utf8.of("part", part);
    return SharedPool.ofPart(handle, part, region -> Native.dryj_shared_pool_create(
        region, raw, options.partFlags(), options.objectBytes(), options.capacitySlots(), options.alignBytes(),
        options.caches()));
  }

  /**
   * Opens a shared pool. In a region opened for reading everything that changes it throws {@link
   * DrystoneException.ReadOnly}.
   *
   * @throws DrystoneException.NotFound when there is no such part
   * @throws DrystoneException.TypeMismatch when the part is no shared pool
   */
  public SharedPool openSharedPool(String part) {
    byte[] raw = Utf8.of("part", part);
    return SharedPool.ofPart(handle, part, region -> Native.dryj_shared_pool_open(region, raw));
  }

  /**
   * Makes an index map as a new part; see {@link IndexMap}.
   *
   * @param options without flags
   * @throws DrystoneException.AlreadyExists when a part has that name
   * @throws DrystoneException.Full when the region has no room for it
   */
  public IndexMap createIndexMap(String part, IndexMapOptions options) {
    byte[] raw = Utf8.of("part", part);
    return IndexMap.ofPart(handle, part, region -> Native.dryj_index_map_create(
        region, raw, MemoryFlag.bits(options.flags()), options.capacity()));
  }

  /**
   * Opens an index map, and mends what a killed writer left half-done. Where it is open in this region already this is one
   * more handle of the same map. In a region opened for reading everything that changes it throws {@link
   * DrystoneException.ReadOnly}.
   *
   * @throws DrystoneException.NotFound when there is no such part
   * @throws DrystoneException.TypeMismatch when the part is no index map
   */
  public IndexMap openIndexMap(String part) {
    byte[] raw = Utf8.of("part", part);
    return IndexMap.ofPart(handle, part, region -> Native.dryj_index_map_open(region, raw));
  }
}
