// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drystone.DrystoneException;
import io.drystone.Scratch;
import io.drystone.ScratchOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cuts JSON into tokens, which lie in scratch memory until the document's scope ends. */
class TokenizerTest {
  /** The tokens of one document: a kind and a range of its text each, 12 bytes, none of them a Java object. */
  static final class Tokens {
    private static final int TOKEN_BYTES = 12;

    private final byte[] text;
    private final ByteBuffer tokens;
    private int count;

    /** As many tokens as the text has bytes is the most that there can be. */
    Tokens(Scratch scratch, byte[] text) {
      this.text = text;
      tokens = scratch.allocBuffer(text.length * TOKEN_BYTES, Integer.BYTES);
    }

    private void add(char kind, int start, int end) {
      tokens.putInt(count * TOKEN_BYTES, kind).putInt(count * TOKEN_BYTES + 4, start);
      tokens.putInt(count * TOKEN_BYTES + 8, end);
      count++;
    }

    int count() {
      return count;
    }

    String textOf(int token) {
      int start = tokens.getInt(token * TOKEN_BYTES + 4);
      return new String(text, start, tokens.getInt(token * TOKEN_BYTES + 8) - start, StandardCharsets.UTF_8);
    }

    char kindOf(int token) {
      return (char) tokens.getInt(token * TOKEN_BYTES);
    }
  }

  /** Kinds are the brackets, colon and comma themselves, {@code s} for strings and {@code v} for other values. */
  static Tokens tokenize(Scratch scratch, byte[] text) {
    Tokens tokens = new Tokens(scratch, text);
    int at = 0;
    while (at < text.length) {
      char c = (char) text[at];
      int start = at++;
      if (c == '"') {
        while (text[at] != '"') {
          at += text[at] == '\\' ? 2 : 1;
        }
        tokens.add('s', start + 1, at++);
      } else if ("{}[]:,".indexOf(c) >= 0) {
        tokens.add(c, start, at);
      } else if (c > ' ') {
        while (at < text.length && " \n{}[]:,".indexOf(text[at]) < 0) {
          at++;
        }
        tokens.add('v', start, at);
      }
    }
    return tokens;
  }

  @Test
  @SuppressWarnings("try") // the scope is only there to end
  void documentsOneAfterTheOtherUseTheSameMemory() {
    Scratch.Scope scope = new Scratch.Scope();
    try (Scratch scratch = Scratch.create(new ScratchOptions(1 << 20))) {
      for (int i = 0; i < 1000; i++) {
        byte[] text = ("{\"id\": " + i + ", \"tags\": [\"a\\\"b\", true, null]}").getBytes(StandardCharsets.UTF_8);
        try (Scratch.Scope document = scratch.begin(scope)) {
          Tokens tokens = tokenize(scratch, text);
          List<String> all = new ArrayList<>();
          StringBuilder kinds = new StringBuilder();
          for (int token = 0; token < tokens.count(); token++) {
            all.add(tokens.textOf(token));
            kinds.append(tokens.kindOf(token));
          }
          assertEquals("{s:v,s:[s,v,v]}", kinds.toString());
          assertEquals(
              List.of("{", "id", ":", "" + i, ",", "tags", ":", "[", "a\\\"b", ",", "true", ",", "null", "]", "}"), all);
        }
      }
      assertEquals(0, scratch.stats().usedBytes());
      assertEquals(1000, scratch.stats().scopes());
      byte[] large = new byte[1 << 17];
      try (Scratch.Scope document = scratch.begin(scope)) {
        assertThrows(DrystoneException.Full.class, () -> tokenize(scratch, large));
      }
    }
  }
}
