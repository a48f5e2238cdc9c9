// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** What a step must answer. */
final class Expectation {
  private static final Set<String> CODES = Set.of(
      "invalid_argument", "out_of_memory", "full", "not_found", "already_exists", "type_mismatch", "stale", "foreign",
      "too_large", "busy", "read_only", "corrupt", "version_mismatch", "conflict", "timed_out", "io", "unsupported",
      "closed");

  /** What stands for one key: the canonical value, and how far off a number may be, or -1 for not at all. */
  private record Expected(JsonNode value, double tolerance) {
    Expected(JsonNode value) {
      this(value, -1);
    }

    boolean matches(JsonNode result) {
      return tolerance < 0 || result.isNull()
          ? value.equals(result)
          : Math.abs(value.doubleValue() - Double.parseDouble(result.asText())) <= tolerance;
    }
  }

  private Expectation() {}

  /** Throws {@link Malformed} for a form that no result can have. */
  static void check(Operation operation, JsonNode expect) {
    if (!expect.isObject()) {
      throw new Malformed("\"expect\" must be an object, not " + Values.canonical(expect));
    }
    expect.fields().forEachRemaining(field -> parse(operation, field.getKey(), field.getValue()));
  }

  static boolean holds(Operation operation, JsonNode expect, JsonNode result) {
    if (result.has("error") && !expect.has("error")) {
      return false;
    }
    for (Iterator<Map.Entry<String, JsonNode>> fields = expect.fields(); fields.hasNext(); ) {
      Map.Entry<String, JsonNode> field = fields.next();
      JsonNode found = result.get(field.getKey());
      if (found == null || !parse(operation, field.getKey(), field.getValue()).matches(found)) {
        return false;
      }
    }
    return true;
  }

  private static Expected parse(Operation operation, String name, JsonNode json) {
    if (name.equals("error")) {
      return new Expected(code(json));
    }
    Operation.Result type = operation.results().get(name);
    if (type == null) {
      throw new Malformed("unknown expectation \"" + name + "\"");
    }
    return switch (type) {
      case INTEGER -> integer(name, json);
      case BYTES -> new Expected(Values.canonicalBytes(Values.bytes(json, name)));
      case YES_OR_NO -> new Expected(Values.JSON.booleanNode(Values.yesOrNo(json, "expected \"" + name + "\"")));
      case KEYS -> new Expected(list(name, json, false));
      case VALUES -> new Expected(list(name, json, true));
      case PARTS -> new Expected(parts(name, json));
      case INTEGER_OR_NULL -> json.isNull() ? new Expected(json) : integer(name, json);
      case INTEGERS -> new Expected(integers(name, json));
      case CLASSES -> new Expected(classes(name, json));
    };
  }

  private static JsonNode code(JsonNode json) {
    String text = Values.text(json, "expected \"error\"");
    if (!CODES.contains(text)) {
      throw new Malformed("there is no error code \"" + text + "\"");
    }
    return json;
  }

  private static Expected integer(String name, JsonNode json) {
    if (!json.isObject()) {
      return new Expected(Values.canonicalInteger(Values.integer(json, name)));
    }
    boolean wellFormed = json.size() == 2 && json.path("approx").isNumber() && json.path("tolerance").isNumber()
        && json.get("tolerance").doubleValue() >= 0;
    if (!wellFormed) {
      throw new Malformed("expected \"" + name + "\" must be an integer, or approx and tolerance");
    }
    return new Expected(json.get("approx"), json.get("tolerance").doubleValue());
  }

  private static JsonNode list(String name, JsonNode json, boolean allowNull) {
    requireArray(name, json);
    ArrayNode list = Values.JSON.arrayNode();
    for (JsonNode element : json) {
      list.add(allowNull && element.isNull() ? element : Values.canonicalBytes(Values.bytes(element, name)));
    }
    return list;
  }

  private static JsonNode parts(String name, JsonNode json) {
    requireArray(name, json);
    ArrayNode list = Values.JSON.arrayNode();
    for (JsonNode part : json) {
      boolean wellFormed =
          part.isObject() && part.size() == 2 && part.path("name").isTextual() && part.path("kind").isTextual();
      if (!wellFormed) {
        throw new Malformed("each of expected \"" + name + "\" must be an object of name and kind");
      }
      list.addObject().set("kind", part.get("kind"));
      ((ObjectNode) list.get(list.size() - 1))
          .set("name", Values.canonicalBytes(Values.bytes(part.get("name"), name)));
    }
    return list;
  }

  private static JsonNode integers(String name, JsonNode json) {
    requireArray(name, json);
    ArrayNode list = Values.JSON.arrayNode();
    json.forEach(element -> list.add(Values.canonicalInteger(Values.integer(element, name))));
    return list;
  }

  private static JsonNode classes(String name, JsonNode json) {
    requireArray(name, json);
    ArrayNode list = Values.JSON.arrayNode();
    for (JsonNode element : json) {
      if (!element.isObject() || element.size() != 2 || !element.has("size") || !element.has("in_use")) {
        throw new Malformed("each of expected \"" + name + "\" must be an object of size and in_use");
      }
      list.addObject()
          .<ObjectNode>set("in_use", Values.canonicalInteger(Values.integer(element.get("in_use"), "in_use")))
          .set("size", Values.canonicalInteger(Values.integer(element.get("size"), "size")));
    }
    return list;
  }

  private static void requireArray(String name, JsonNode json) {
    if (!json.isArray()) {
      throw new Malformed("expected \"" + name + "\" must be an array");
    }
  }
}
