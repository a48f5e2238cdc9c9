// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/** Where things lie in a store, for tests that damage them. */
record KvPartProbe(KvReader reader) {
  long controlOffset() {
    return reader.open().controlOffset;
  }

  long slotsOffset() {
    return reader.open().slotsOffset;
  }

  long heapOffset() {
    return reader.open().heapOffset;
  }

  long heapEnd() {
    return reader.open().heapEnd;
  }
}
