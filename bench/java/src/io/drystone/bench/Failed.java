// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

/** A benchmark whose work was wrong, and which therefore has no figure. */
final class Failed extends RuntimeException {
  private static final long serialVersionUID = 1;

  Failed(String benchmark, String cause) {
    super(benchmark + ": " + cause);
  }
}
