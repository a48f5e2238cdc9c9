// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Reference;

/**
 * A key-value store, open for writing: made by {@link Region#createKv} or {@link Region#openKv}. Everything that a reader
 * can do it can too.
 *
 * <p>Every successful write takes the next number of the store, from 1, and answers it. A write that fails changes
 * nothing. Writes of several threads wait for one another; no reader ever waits.
 *
 * <p>Each write can throw {@link DrystoneException.Full} when there is no room, {@link DrystoneException.TooLarge}, {@link
 * DrystoneException.Stale} when another writer took the region over, {@link DrystoneException.Corrupt}, and {@link
 * DrystoneException.Closed}.
 */
public final class Kv extends KvReader {
  private final RegionHandle region;
  private final WriterHandle writer;
  private final String part;
  private final byte[] rawPart;

  Kv(KvPart part, WriterHandle writer) {
    super(part);
    this.region = part.region;
    this.writer = writer;
    this.part = part.name;
    this.rawPart = part.rawName;
  }

  /** Sets a key to a value, new or not. */
  public long put(byte[] key, byte[] value) {
    requireOpen(key);
    int valueBytes = value.length;
    synchronized (region.writes) {
      try {
        return version(Native.dry_kv_put(writer.address, key, value, writer.version), key, valueBytes);
      } finally {
        Reference.reachabilityFence(writer);
      }
    }
  }

  /**
   * Sets a key only where it is absent.
   *
   * @throws DrystoneException.AlreadyExists when it is there
   */
  public long putNew(byte[] key, byte[] value) {
    requireOpen(key);
    int valueBytes = value.length;
    synchronized (region.writes) {
      try {
        return version(Native.dry_kv_put_new(writer.address, key, value, writer.version), key, valueBytes);
      } finally {
        Reference.reachabilityFence(writer);
      }
    }
  }

  /**
   * Replaces a value only where the entry has that version: compare-and-set.
   *
   * @throws DrystoneException.NotFound when the key is absent
   * @throws DrystoneException.Conflict when its version is another
   */
  public long replace(byte[] key, byte[] value, long version) {
    requireOpen(key);
    int valueBytes = value.length;
    synchronized (region.writes) {
      try {
        return version(Native.dry_kv_replace(writer.address, key, value, version, writer.version), key, valueBytes);
      } finally {
        Reference.reachabilityFence(writer);
      }
    }
  }

  /**
   * Removes an entry. The delete takes a version of its own.
   *
   * @throws DrystoneException.NotFound when the key is absent
   */
  public long delete(byte[] key) {
    requireOpen(key);
    synchronized (region.writes) {
      try {
        return version(Native.dry_kv_delete(writer.address, key, writer.version), key, 0);
      } finally {
        Reference.reachabilityFence(writer);
      }
    }
  }

  /** That it is closed is said first. */
  private void requireOpen(byte[] key) {
    open();
    checkKey(key);
  }

  private long version(int status, byte[] key, int valueBytes) {
    if (status == Layout.STATUS_OK) {
      return writer.version[0];
    }
    throw failure(
        status, Native.dry_status_text(status) + " (key of " + key.length + " bytes, value of " + valueBytes + ")");
  }

  /** Another object that reads this store, with a life of its own. */
  public KvReader reader() {
    open();
    synchronized (region.writes) {
      return new KvReader(KvPart.open(region, part, rawPart, 0, KvPart.WINDOW_SHIFT));
    }
  }

  /** Closes the store; it can be opened for writing again at once. Again is fine. */
  @Override
  public void close() {
    super.close();
    synchronized (region.writes) {
      try {
        Native.dry_kv_writer_close(writer.address);
      } finally {
        Reference.reachabilityFence(writer);
      }
    }
  }
}
