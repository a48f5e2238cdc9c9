// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

/** The scenario itself is wrong; nothing is said about the library. */
final class Malformed extends RuntimeException {
  private static final long serialVersionUID = 1;

  Malformed(String message) {
    super(message);
  }
}
