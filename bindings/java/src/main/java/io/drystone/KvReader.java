// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A key-value store, open for reading: made by {@link Region#openKvReader} or {@link Kv#reader}.
 *
 * <p>May be used by any number of threads at once, also while one of them closes it: a call then completes or throws {@link
 * DrystoneException.Closed}. Reads wait for nobody and leave no trace; {@code get}, {@code getInto}, {@code tryGet} and
 * {@code contains} read the shared memory in Java, without a native call.
 *
 * <p>Keys have 1 to 65,535 bytes; an empty one is {@link DrystoneException.InvalidArgument}, a longer one {@link
 * DrystoneException.TooLarge}. Every read can also throw {@link DrystoneException.Corrupt} when stored bytes contradict
 * the format, {@link DrystoneException.TimedOut} when a million attempts met a write each, and {@link
 * DrystoneException.Io} when the file behind the region was truncated.
 */
public sealed class KvReader implements AutoCloseable, Iterable<Entry> permits Kv {
  /** What {@code getInto} answers when the key is absent. */
  public static final int ABSENT = -1;

  /** Kept by every call until it ends; null once closed. */
  private volatile KvPart part;

  private final String label;

  KvReader(KvPart part) {
    this.part = part;
    this.label = "store '" + part.name + "' in " + part.region.label;
  }

  // ---- one key

  /** A copy of the value, or null when the key is absent. */
  public byte[] get(byte[] key) {
    ValueBuffer found = lookup(key);
    return found == null ? null : found.exact();
  }

  /** A copy of the value with its version, or null when the key is absent. */
  public Versioned getVersioned(byte[] key) {
    ValueBuffer found = lookup(key);
    return found == null ? null : new Versioned(found.exact(), found.version());
  }

  private ValueBuffer lookup(byte[] key) {
    KvPart open = part;
    ValueBuffer buffer = new ValueBuffer(open == null ? 0 : open.usualBytes);
    if (!getInto(key, buffer)) {
      return null;
    }
    if (open != null && buffer.size() != open.usualBytes) {
      open.usualBytes = Math.min(buffer.size(), KvPart.USUAL_BYTES_MAX);
    }
    return buffer;
  }

  /**
   * Copies the value to the front of an array.
   *
   * @return its size, or {@link #ABSENT}
   * @throws DrystoneException.TooLarge when the array is shorter than the value; its contents are then unspecified
   */
  public int getInto(byte[] key, byte[] value) {
    return size(read(key, value, null, 0, value.length, null, KvLookup.ATTEMPTS_MAX), value.length);
  }

  /**
   * Copies the value to a buffer from its position on, and moves the position behind it.
   *
   * @return its size, or {@link #ABSENT}, and then the position stays
   * @throws DrystoneException.TooLarge when less room remains
   * @throws DrystoneException.InvalidArgument when the buffer is read-only
   */
  public int getInto(byte[] key, ByteBuffer value) {
    if (value.isReadOnly()) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, "the buffer is read-only");
    }
    int at = value.position();
    int room = value.remaining();
    int size = size(read(key, null, value, at, room, null, KvLookup.ATTEMPTS_MAX), room);
    if (size > 0) {
      value.position(at + size);
    }
    return size;
  }

  /**
   * Copies the value and its version to a buffer, which grows at need.
   *
   * @return whether the key is there; if not the buffer is empty
   */
  public boolean getInto(byte[] key, ValueBuffer value) {
    return tryGet(key, KvLookup.ATTEMPTS_MAX, value);
  }

  /**
   * The same with a bound of its own: it starts again at most {@code attemptsMax - 1} times when it meets a write. {@link
   * ValueBuffer#attempts} says how many attempts it took.
   *
   * @throws DrystoneException.TimedOut after so many attempts
   */
  public boolean tryGet(byte[] key, int attemptsMax, ValueBuffer value) {
    if (attemptsMax < 1) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, attemptsMax + " attempts");
    }
    value.empty();
    byte[] room = value.bytes();
    return size(read(key, room, null, 0, room.length, value, attemptsMax), ValueBuffer.ARRAY_BYTES_MAX) != ABSENT;
  }

  /** Whether the key is there. */
  public boolean contains(byte[] key) {
    long found = read(key, null, null, 0, Layout.KV_VALUE_BYTES_MAX, null, KvLookup.ATTEMPTS_MAX);
    if (found < 0 && found != KvLookup.NOT_FOUND) {
      throw failure((int) -found, "");
    }
    return found >= 0;
  }

  private long read(byte[] key, byte[] into, ByteBuffer buffer, int at, long room, ValueBuffer holder, int attemptsMax) {
    KvPart open = open();
    checkKey(key);
    try {
      if (!open.checked) {
        long result = KvLookup.read(open, key, into, buffer, at, room, holder, attemptsMax);
        if (result != KvLookup.NATIVE) {
          return result;
        }
      }
      return KvNative.read(open, key, into, buffer, at, room, holder, attemptsMax);
    } catch (InternalError e) {
      throw unreadable(e);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  private int size(long result, long room) {
    if (result >= 0 && result < KvLookup.TOO_LARGE) {
      return (int) result;
    }
    if (result == KvLookup.NOT_FOUND) {
      return ABSENT;
    }
    if (result >= KvLookup.TOO_LARGE) {
      throw failure(
          Layout.STATUS_TOO_LARGE, "the value has " + (result ^ KvLookup.TOO_LARGE) + " bytes, the buffer room for " + room);
    }
    throw failure((int) -result, "");
  }

  // ---- many keys

  /**
   * Looks keys up in one native call for up to 256 of them, with their cache misses overlapped: in a store larger than the
   * processor's cache that is several times faster than one by one.
   *
   * @return what {@link #getVersioned} would say of each, in order
   */
  public List<Versioned> getMany(List<byte[]> keys) {
    KvPart open = open();
    byte[][] all = keys.toArray(new byte[0][]);
    checkKeys(all);
    try {
      Versioned[] found = new Versioned[all.length];
      for (int from = 0; from < all.length; from += KvBatch.KEYS_MAX) {
        KvBatch batch = new KvBatch(this, open, all, from);
        for (int i = 0; i < batch.count(); i++) {
          found[from + i] = batch.versioned(i);
        }
      }
      return Arrays.asList(found);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  /**
   * The same into buffers, which grow at need.
   *
   * @param values one for each key; {@link ValueBuffer#isPresent} says whether the key was there
   * @return how many keys were there
   */
  public int getManyInto(byte[][] keys, ValueBuffer[] values) {
    KvPart open = open();
    if (keys.length != values.length) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, keys.length + " keys, but " + values.length + " buffers");
    }
    checkKeys(keys);
    int count = 0;
    try {
      for (int from = 0; from < keys.length; from += KvBatch.KEYS_MAX) {
        KvBatch batch = new KvBatch(this, open, keys, from);
        for (int i = 0; i < batch.count(); i++) {
          count += batch.copyTo(i, values[from + i]) ? 1 : 0;
        }
      }
      return count;
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  private void checkKeys(byte[][] keys) {
    for (byte[] key : keys) {
      checkKey(key);
    }
  }

  /**
   * Walks the entries in no particular order. An entry that is there all the time is met once; one that comes, goes or
   * changes meanwhile is met or not, but whole.
   */
  @Override
  public Iterator<Entry> iterator() {
    return new KvWalk(this, true);
  }

  /** The entries as a stream, as {@link #iterator()} meets them. */
  public Stream<Entry> stream() {
    return stream(iterator());
  }

  /** The keys alone, as {@link #iterator()} meets them. */
  public Stream<byte[]> keys() {
    return stream(new KvWalk(this, false)).map(Entry::key);
  }

  private static Stream<Entry> stream(Iterator<Entry> entries) {
    int traits = Spliterator.NONNULL | Spliterator.DISTINCT | Spliterator.IMMUTABLE;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(entries, traits), false);
  }

  // ---- the store as a whole

  /** Facts on the store, each as of some moment during the call. */
  public KvStats stats() {
    KvPart open = open();
    try {
      long[] numbers = new long[KvStats.NUMBERS];
      check(Native.dryj_kv_stats(open.address, numbers));
      return KvStats.of(numbers);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  /** How often reads through this object had to start again. */
  public long retries() {
    KvPart open = open();
    try {
      return open.retries.sum() + Native.dry_kv_reader_retries(open.address);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  /**
   * Walks index and heap and checks everything that is stored. A writer may be at work meanwhile.
   *
   * @throws DrystoneException.Corrupt when something is wrong, and where
   */
  public void verify() {
    KvPart open = open();
    try {
      check(Native.dry_kv_verify(open.address));
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  /** Closes this object; the store stays. Again is fine. */
  @Override
  public void close() {
    part = null;
  }

  // ---- for the classes around

  /** The part, if both this object and its region are open. */
  KvPart open() {
    KvPart open = part;
    if (open == null || open.region.isClosed()) {
      part = null; // lets the memory go
      throw failure(Layout.STATUS_CLOSED, "");
    }
    return open;
  }

  void checkKey(byte[] key) {
    if (key.length == 0) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, "the key is empty");
    }
    if (key.length > Layout.KV_KEY_BYTES_MAX) {
      throw failure(Layout.STATUS_TOO_LARGE, "the key has " + key.length + " bytes, above " + Layout.KV_KEY_BYTES_MAX);
    }
  }

  void check(int status) {
    if (status != Layout.STATUS_OK) {
      throw failure(status, "");
    }
  }

  /** What a status means for this store; without a cause the status's own sentence. */
  DrystoneException failure(int status, String cause) {
    return DrystoneException.of(status, label + ": " + (cause.isEmpty() ? Native.dry_status_text(status) : cause));
  }

  /** The virtual machine's way to report a page that is not there any more. */
  DrystoneException unreadable(InternalError error) {
    DrystoneException failure = failure(Layout.STATUS_IO, "memory behind the region is gone; was its file truncated?");
    failure.initCause(error);
    return failure;
  }
}
