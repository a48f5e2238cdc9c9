// SPDX-License-Identifier: MIT OR Apache-2.0

/** Memory building blocks and key-value stores, private or in regions that processes of several languages share. */
module io.drystone {
  exports io.drystone;
}
