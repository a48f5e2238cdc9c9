// SPDX-License-Identifier: MIT OR Apache-2.0

/** A key-value store in a shared-memory region: one writer, readers that never wait. */
module io.drystone {
  exports io.drystone;
}
