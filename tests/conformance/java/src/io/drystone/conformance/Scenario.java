// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drystone.DrystoneException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** One file: checked whole, then run. */
final class Scenario {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String name;
  private final JsonNode steps;

  /** Leaves a scenario at the first expectation that does not hold. */
  private static final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }

  private Scenario(JsonNode json) {
    if (!json.isObject()) {
      throw new Malformed("a scenario must be an object");
    }
    Step.allowMembers(json, Set.of("name", "about", "steps"));
    if (!json.has("name") || !json.has("steps")) {
      throw new Malformed("a scenario needs \"name\" and \"steps\"");
    }
    if (json.has("about")) {
      Values.text(json.get("about"), "\"about\"");
    }
    name = Values.text(json.get("name"), "\"name\"");
    steps = json.get("steps");
    if (name.isEmpty()) {
      throw new Malformed("\"name\" is empty");
    }
    if (!steps.isArray()) {
      throw new Malformed("\"steps\" must be an array");
    }
    numbered(true, step -> Step.parse(step));
  }

  // ---- reading

  static Scenario read(String file) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(Path.of(file)))).toString();
      if (text.startsWith("\ufeff")) {
        throw new Malformed("starts with a byte order mark");
      }
      refuseHalfSurrogates(text);
      return new Scenario(MAPPER.readTree(text));
    } catch (CharacterCodingException e) {
      throw new Malformed("is not UTF-8");
    } catch (JsonProcessingException e) {
      throw new Malformed(e.getMessage());
    } catch (IOException e) {
      throw new Malformed("cannot be read: " + e);
    }
  }

  /** Jackson takes an escape for half a character; it may also stand in what another value of the same key hides. */
  private static void refuseHalfSurrogates(String text) throws IOException {
    try (JsonParser parser = MAPPER.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        boolean hasText = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
        if (hasText && parser.getText().codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff)) {
          throw new Malformed("a string has half of a surrogate pair");
        }
      }
    }
  }

  // ---- running

  /** Whether every expectation held. */
  boolean run(String transcripts) throws IOException {
    try (PrintStream transcript = transcript(transcripts); World world = new World()) {
      numbered(false, new Runner(world, transcript)::run);
      return true;
    } catch (Mismatch mismatch) {
      System.out.println(mismatch.getMessage());
      return false;
    }
  }

  private final class Runner {
    private final World world;
    private final PrintStream transcript;
    private long number;

    Runner(World world, PrintStream transcript) {
      this.world = world;
      this.transcript = transcript;
    }

    void run(JsonNode json) {
      number++;
      Step step = Step.parse(json);
      JsonNode result = answer(step);
      String text = Values.canonical(result);
      transcript.print(text + "\n");
      if (!Expectation.holds(step.operation, step.expect, result)) {
        throw new Mismatch("FAIL " + name + " step " + number + " java: " + step.operation.name() + ": expected "
            + Values.canonical(step.expect) + " got " + text);
      }
    }

    private JsonNode answer(Step step) {
      try {
        return step.operation.run().apply(world, step);
      } catch (DrystoneException e) {
        return Values.JSON.objectNode().put("error", e.code());
      } catch (Failure e) {
        return Values.JSON.objectNode().put("error", e.code());
      }
    }
  }

  /** Visits the steps, and says of a malformed one which it was. */
  private void numbered(boolean once, java.util.function.Consumer<JsonNode> visit) {
    long[] number = {1};
    try {
      Step.forEach(steps, once, step -> {
        visit.accept(step);
        number[0]++;
      });
    } catch (Malformed e) {
      throw new Malformed("step " + number[0] + ": " + e.getMessage());
    }
  }

  private PrintStream transcript(String folder) throws IOException {
    if (folder == null) {
      return new PrintStream(java.io.OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    }
    StringBuilder file = new StringBuilder();
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      boolean kept = b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-';
      file.append(kept ? (char) b : '_');
    }
    Path path = Files.createDirectories(Path.of(folder)).resolve(file + ".transcript");
    return new PrintStream(Files.newOutputStream(path), false, StandardCharsets.UTF_8);
  }
}
