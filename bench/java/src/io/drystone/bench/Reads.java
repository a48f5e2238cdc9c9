// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

/** Reads in the order of a script, counted and summed so that they can be checked. */
final class Reads {
  final byte[] value = new byte[Data.VALUE_BYTES];

  private final Session session;
  private final Store store;
  private final String operation;
  private final Script script;
  private int at;
  private long count;
  private long found;
  private long sum;
  private long torn;

  Reads(Session session, String operation, long purpose) {
    this.session = session;
    this.operation = operation;
    store = session.populated();
    script = session.script(purpose);
  }

  /** One lookup. */
  byte[] read() {
    if (store.get(script, at, value)) {
      found++;
      sum += Data.word(value, Data.INDEX_WORD);
    }
    count++;
    at = at + 1 == script.index.length ? 0 : at + 1;
    return value;
  }

  /** One lookup whose value is checked to be whole. */
  byte[] readWhole() {
    read();
    torn += Data.xor(value) == 0 ? 0 : 1;
    return value;
  }

  void checkHits() {
    if (found != count) {
      throw session.failed(operation, count - found + " of " + count + " present keys were not found");
    }
    if (sum != script.indexSum(count)) {
      throw session.failed(operation, "the values read are not those of the keys asked for");
    }
    if (torn != 0) {
      throw session.failed(operation, torn + " values were torn");
    }
    session.checked(operation, count);
  }

  void checkMisses() {
    if (found != 0) {
      throw session.failed(operation, found + " absent keys were found");
    }
    session.checked(operation, count);
  }
}
