// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Names on their way to C. */
final class Utf8 {
  private Utf8() {}

  /** The bytes of a name that C takes with its length. */
  static byte[] of(String what, String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] out = new byte[bytes.remaining()];
      bytes.get(out);
      return out;
    } catch (CharacterCodingException e) {
      throw DrystoneException.of(Layout.STATUS_INVALID_ARGUMENT, what + ": holds half of a surrogate pair");
    }
  }

  /** The bytes of a name that C takes as text that ends at a NUL. */
  static byte[] terminated(String what, String text) {
    if (text.indexOf('\0') >= 0) {
      throw DrystoneException.of(Layout.STATUS_INVALID_ARGUMENT, what + ": holds a NUL");
    }
    return of(what, text);
  }
}
