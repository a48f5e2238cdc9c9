// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** What stands in a scenario as a value, and the one form that everything is compared and printed in. */
final class Values {
  static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+");
  private static final BigInteger SMALLEST = BigInteger.ONE.shiftLeft(63).negate();
  private static final BigInteger BEYOND_LARGEST = BigInteger.ONE.shiftLeft(64);
  private static final BigInteger LARGEST_EXACT = BigInteger.ONE.shiftLeft(53);

  private Values() {}

  static BigInteger integer(JsonNode json, String what) {
    BigInteger value;
    if (json.isTextual() && DECIMAL.matcher(json.textValue()).matches()) {
      value = new BigInteger(json.textValue());
    } else if (json.isIntegralNumber()) {
      value = json.bigIntegerValue();
    } else {
      throw new Malformed(what + " must be an integer, not " + canonical(json));
    }
    if (value.compareTo(SMALLEST) < 0 || value.compareTo(BEYOND_LARGEST) >= 0) {
      throw new Malformed(what + " does not fit into 64 bits: " + value);
    }
    return value;
  }

  static String text(JsonNode json, String what) {
    if (!json.isTextual()) {
      throw new Malformed(what + " must be a string, not " + canonical(json));
    }
    return json.textValue();
  }

  static boolean yesOrNo(JsonNode json, String what) {
    if (!json.isBoolean()) {
      throw new Malformed(what + " must be true or false, not " + canonical(json));
    }
    return json.booleanValue();
  }

  static byte[] bytes(JsonNode json, String what) {
    if (json.isTextual()) {
      return json.textValue().getBytes(StandardCharsets.UTF_8);
    }
    if (!json.isObject() || json.size() != 1 || !json.path("hex").isTextual()) {
      throw new Malformed(what + " must be a string or {\"hex\": \"...\"}, not " + canonical(json));
    }
    try {
      return HexFormat.of().parseHex(json.get("hex").textValue());
    } catch (IllegalArgumentException e) {
      throw new Malformed(what + ": " + e.getMessage());
    }
  }

  /** Above 2^53 a decimal string, because not every JSON reader keeps such numbers. */
  static JsonNode canonicalInteger(BigInteger value) {
    return value.compareTo(LARGEST_EXACT) > 0 ? JSON.textNode(value.toString()) : JSON.numberNode(value.longValue());
  }

  /** Of 64 bits that are unsigned. */
  static JsonNode canonicalInteger(long bits) {
    return canonicalInteger(new BigInteger(Long.toUnsignedString(bits)));
  }

  /** A string where it can be read as one, else {@code {"hex": ...}}. */
  static JsonNode canonicalBytes(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.codePoints().noneMatch(Character::isISOControl)) {
        return JSON.textNode(text);
      }
    } catch (CharacterCodingException e) {
      // Not text, so hexadecimal digits it is.
    }
    return JSON.objectNode().put("hex", HexFormat.of().formatHex(bytes));
  }

  /** Sorted keys, no spaces, nothing escaped but quotation marks and backslashes. */
  static String canonical(JsonNode json) {
    StringBuilder out = new StringBuilder();
    write(json, out);
    return out.toString();
  }

  private static void write(JsonNode json, StringBuilder out) {
    if (json.isTextual()) {
      writeText(json.textValue(), out);
    } else if (json.isObject()) {
      writeObject(json, out);
    } else if (json.isArray()) {
      String separator = "[";
      for (JsonNode element : json) {
        out.append(separator);
        write(element, out);
        separator = ",";
      }
      out.append(json.isEmpty() ? "[]" : "]");
    } else {
      out.append(json);
    }
  }

  private static void writeObject(JsonNode json, StringBuilder out) {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    names.sort((a, b) -> java.util.Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
    String separator = "{";
    for (String name : names) {
      out.append(separator);
      writeText(name, out);
      out.append(':');
      write(json.get(name), out);
      separator = ",";
    }
    out.append(names.isEmpty() ? "{}" : "}");
  }

  private static void writeText(String text, StringBuilder out) {
    out.append('"').append(text.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
  }

  /** A copy with every {@code $i} in a string replaced; names of keys stay. */
  static JsonNode expanded(JsonNode json, String round) {
    if (json.isTextual()) {
      return JSON.textNode(json.textValue().replace("$i", round));
    }
    if (json.isArray()) {
      var copy = JSON.arrayNode();
      json.forEach(element -> copy.add(expanded(element, round)));
      return copy;
    }
    if (json.isObject()) {
      ObjectNode copy = JSON.objectNode();
      json.fields().forEachRemaining(field -> copy.set(field.getKey(), expanded(field.getValue(), round)));
      return copy;
    }
    return json;
  }
}
