// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

/** A benchmark whose work was wrong, and which therefore has no figure. */
public final class Failed extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Failed(String benchmark, String cause) {
    super(benchmark + ": " + cause);
  }
}
