// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.Map;
import java.util.TreeMap;

/**
 * One subject's store, and what the benchmarks of one process share: it is populated once, because filling a million
 * entries takes longer than measuring most operations on them.
 */
final class Session {
  /** JMH makes the objects that hold benchmarks, so they find their session here. */
  static Session current;

  // Numbers that tell the random orders of the operations apart.
  static final long FOR_INSERT = 1;
  static final long FOR_UPDATE = 2;
  static final long FOR_HIT = 3;
  static final long FOR_MISS = 4;
  static final long FOR_LEAVING = 5;
  static final long FOR_ENTERING = 6;
  static final long FOR_CHURN = 7;

  final Settings settings;
  final Subject subject;
  final Data data;
  final Extras extras = new Extras();

  private final long[] stamps;
  private final Map<Long, Script> scripts = new TreeMap<>();
  private Store store;
  private long lastStamp;

  Session(Settings settings, Subject subject) {
    this.settings = settings;
    this.subject = subject;
    data = new Data(settings.keys(), settings.seed());
    stamps = new long[settings.keys()];
  }

  String name(String operation) {
    return "kv/" + operation + "/" + subject.label();
  }

  Failed failed(String operation, String cause) {
    return new Failed(name(operation), cause);
  }

  // ---- scripts

  /** Over the present keys, or over the absent ones; made at its first use. */
  Script script(long purpose) {
    boolean absent = purpose == FOR_MISS || purpose == FOR_ENTERING;
    return scripts.computeIfAbsent(
        purpose, p -> new Script(data.order(absent ? data.keys : 0, p), subject.isMap()));
  }

  /** Makes room for other scripts. */
  void forget(long purpose) {
    scripts.remove(purpose);
  }

  long nextStamp() {
    return ++lastStamp;
  }

  // ---- the store

  /** An empty store; the former one's memory is given back first. */
  Store renewed(boolean prefault) {
    if (store != null) {
      store.close();
      store = null;
    }
    System.gc();
    store = subject.make(data.keys, prefault);
    return store;
  }

  Store store() {
    return store;
  }

  /** The store with all present keys. */
  Store populated() {
    if (store == null) {
      Script script = script(FOR_INSERT).withValues(data, 0);
      renewed(true);
      for (int at = 0; at < data.keys; at++) {
        store.insert(script, at);
      }
      wrote("insert", script, data.keys, 0);
      forget(FOR_INSERT);
    }
    return store;
  }

  /** Notes that the first {@code count} values of a script were written, or all, and reads everything back. */
  void wrote(String operation, Script script, long count, long stamp) {
    // An int before the loop: with the minimum of the two in its condition JDK 17.0.15's compiler crashes (Node::clone).
    int written = (int) Math.min(count, data.keys);
    for (int at = 0; at < written; at++) {
      stamps[script.index[at]] = stamp;
    }
    byte[] value = new byte[Data.VALUE_BYTES];
    for (int i = 0; i < data.keys; i++) {
      if (!store.get(Data.key(i), value)) {
        throw failed(operation, "key " + i + " is lost");
      }
      boolean right = Data.xor(value) == 0 && Data.word(value, Data.INDEX_WORD) == i
          && Data.word(value, Data.STAMP_WORD) == stamps[i];
      if (!right) {
        throw failed(operation, "the value of key " + i + " is not what was written last");
      }
    }
  }

  // ---- what is reported beside the figures

  void extra(String operation, String key, double value) {
    extras.put(name(operation), key, value);
  }

  void checked(String operation, long count) {
    extras.checked(name(operation), count);
  }
}
