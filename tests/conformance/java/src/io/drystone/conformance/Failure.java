// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

/** A failed call that the runner answers in the library's place. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;

  Failure(String code) {
    super(code);
    this.code = code;
  }

  String code() {
    return code;
  }
}
