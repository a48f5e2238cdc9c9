// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** One step of a scenario, checked. Names that are not given are null. */
final class Step {
  final Operation operation;
  final String as;
  final String on;
  final String in;
  final JsonNode expect;

  private final Map<String, BigInteger> integers = new HashMap<>();
  private final Map<String, byte[]> bytes = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, Boolean> yes = new HashMap<>();
  private List<byte[]> keys = List.of();

  private Step(JsonNode json) {
    operation = Operation.find(Values.text(json.get("do"), "\"do\""));
    if (operation == null) {
      throw new Malformed("unknown operation \"" + json.get("do").textValue() + "\"");
    }
    as = objectName(json, "as", operation.as());
    on = objectName(json, "on", operation.on());
    in = objectName(json, "in", operation.in());
    parseArguments(orEmpty(json, "with"));
    checkCombinations();
    expect = orEmpty(json, "expect");
    Expectation.check(operation, expect);
  }

  /** Throws {@link Malformed} for anything wrong that can be seen without running it. */
  static Step parse(JsonNode json) {
    if (!json.isObject()) {
      throw new Malformed("a step must be an object, not " + Values.canonical(json));
    }
    allowMembers(json, Set.of("do", "as", "on", "in", "with", "expect"));
    if (!json.has("do")) {
      throw new Malformed("a step needs \"do\" or \"repeat\"");
    }
    return new Step(json);
  }

  /** Refuses members besides {@code allowed}. */
  static void allowMembers(JsonNode json, Set<String> allowed) {
    json.fieldNames().forEachRemaining(name -> {
      if (!allowed.contains(name)) {
        throw new Malformed("unknown key \"" + name + "\"");
      }
    });
  }

  // ---- arguments

  boolean has(String name) {
    return integers.containsKey(name) || texts.containsKey(name);
  }

  /** The 64 bits of an integer that is not negative; 0 when it is not given. */
  long bits(String name) {
    return integers.getOrDefault(name, BigInteger.ZERO).longValue();
  }

  BigInteger integer(String name) {
    return integers.get(name);
  }

  byte[] bytes(String name) {
    return bytes.get(name);
  }

  /** A name or choice; null when it is not given. */
  String text(String name) {
    return texts.get(name);
  }

  List<byte[]> keys() {
    return keys;
  }

  /** Whether it is given, and yes. */
  boolean isYes(String name) {
    return yes.getOrDefault(name, false);
  }

  /** A negative number is out of every argument's range, and of what the API can be told. */
  void refuseNegative() {
    if (integers.values().stream().anyMatch(value -> value.signum() < 0)) {
      throw new Failure("invalid_argument");
    }
  }

  private static JsonNode orEmpty(JsonNode json, String member) {
    JsonNode found = json.get(member);
    return found == null ? Values.JSON.objectNode() : found;
  }

  private static String objectName(JsonNode json, String member, Operation.Need need) {
    JsonNode found = json.get(member);
    if (found == null) {
      if (need == Operation.Need.REQUIRED) {
        throw new Malformed("\"" + member + "\" is missing");
      }
      return null;
    }
    if (need == Operation.Need.NONE) {
      throw new Malformed("\"" + member + "\" means nothing here");
    }
    String name = Values.text(found, "\"" + member + "\"");
    if (name.isEmpty()) {
      throw new Malformed("\"" + member + "\" is empty");
    }
    return name;
  }

  private void parseArguments(JsonNode with) {
    if (!with.isObject()) {
      throw new Malformed("\"with\" must be an object, not " + Values.canonical(with));
    }
    Set<String> allowed = new java.util.HashSet<>();
    for (Operation.Argument argument : operation.arguments()) {
      allowed.add(argument.name());
      JsonNode found = with.get(argument.name());
      if (found != null) {
        parseArgument(argument, found);
      } else if (argument.required()) {
        throw new Malformed("argument \"" + argument.name() + "\" is missing");
      }
    }
    allowMembers(with, allowed);
  }

  private void parseArgument(Operation.Argument argument, JsonNode json) {
    String name = argument.name();
    switch (argument.type()) {
      case INTEGER -> integers.put(name, Values.integer(json, name));
      case BYTES -> bytes.put(name, Values.bytes(json, name));
      case NAME -> texts.put(name, Values.text(json, name));
      case CHOICE -> texts.put(name, choice(argument, json));
      case KEYS -> keys = listOfBytes(name, json);
      case YES_OR_NO -> yes.put(name, Values.yesOrNo(json, name));
    }
  }

  private static String choice(Operation.Argument argument, JsonNode json) {
    String text = Values.text(json, argument.name());
    if (!argument.choices().contains(text)) {
      throw new Malformed(argument.name() + " can't be \"" + text + "\"");
    }
    return text;
  }

  private static List<byte[]> listOfBytes(String name, JsonNode json) {
    if (!json.isArray()) {
      throw new Malformed(name + " must be an array, not " + Values.canonical(json));
    }
    List<byte[]> list = new ArrayList<>();
    json.forEach(element -> list.add(Values.bytes(element, name)));
    return list;
  }

  /** What the tables of arguments cannot say. */
  private void checkCombinations() {
    if (operation.in() == Operation.Need.OPTIONAL && (in == null) == has("part")) {
      throw new Malformed("\"in\" and argument \"part\" go together");
    }
    switch (operation.name()) {
      case "region.damage", "region.truncate" -> {
        int given = (on == null ? 0 : 1) + (has("file") ? 1 : 0) + (has("name") ? 1 : 0);
        if (given != 1) {
          throw new Malformed("exactly one of \"on\", and arguments \"file\" and \"name\" must be given");
        }
      }
      default -> { }
    }
  }

  // ---- repeats

  /** Visits each step, repeats expanded; with {@code once} each repeat is taken once, whatever its count. */
  static void forEach(JsonNode steps, boolean once, Consumer<JsonNode> visit) {
    for (JsonNode step : steps) {
      visit(step, once, visit);
    }
  }

  private static void visit(JsonNode step, boolean once, Consumer<JsonNode> visit) {
    if (!isRepeat(step)) {
      visit.accept(step);
      return;
    }
    BigInteger count = repeatCount(step);
    BigInteger rounds = once ? BigInteger.ONE : count;
    for (BigInteger round = BigInteger.ZERO; round.compareTo(rounds) < 0; round = round.add(BigInteger.ONE)) {
      for (JsonNode inner : step.get("steps")) {
        visit(inRound(inner, round.toString()), once, visit);
      }
    }
  }

  private static boolean isRepeat(JsonNode step) {
    return step.isObject() && step.has("repeat");
  }

  private static BigInteger repeatCount(JsonNode step) {
    allowMembers(step, Set.of("repeat", "steps"));
    if (!step.path("steps").isArray()) {
      throw new Malformed("a repeat needs an array \"steps\"");
    }
    BigInteger count = Values.integer(step.get("repeat"), "\"repeat\"");
    if (count.signum() < 0) {
      throw new Malformed("\"repeat\" can't be negative");
    }
    return count;
  }

  /** Of an inner repeat only the count belongs to this round: its steps will get rounds of their own. */
  private static JsonNode inRound(JsonNode step, String round) {
    if (!step.isObject()) {
      return Values.expanded(step, round);
    }
    ObjectNode copy = step.deepCopy();
    if (isRepeat(step)) {
      copy.set("repeat", Values.expanded(step.get("repeat"), round));
      return copy;
    }
    step.fields().forEachRemaining(field -> {
      if (!field.getKey().equals("do")) {
        copy.set(field.getKey(), Values.expanded(field.getValue(), round));
      }
    });
    return copy;
  }
}
