// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.Need.NONE;
import static io.drystone.conformance.Operation.Need.OPTIONAL;
import static io.drystone.conformance.Operation.Need.REQUIRED;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An operation: what it takes, what it answers, and what runs it. */
record Operation(
    String name,
    BiFunction<World, Step, JsonNode> run,
    Need as,
    Need on,
    Need in,
    List<Argument> arguments,
    Map<String, Result> results) {
  enum Need {
    NONE,
    OPTIONAL,
    REQUIRED
  }

  enum Type {
    INTEGER,
    BYTES,
    NAME,
    CHOICE,
    KEYS,
    YES_OR_NO
  }

  enum Result {
    INTEGER,
    BYTES,
    YES_OR_NO,
    KEYS,
    VALUES,
    PARTS,
    INTEGER_OR_NULL,
    INTEGERS,
    CLASSES
  }

  record Argument(String name, Type type, boolean required, List<String> choices) {
    Argument optional() {
      return new Argument(name, type, false, choices);
    }
  }

  private static final Argument KIND = choice("kind", "memory", "file", "shared");
  private static final Argument KEY = argument("key", Type.BYTES);
  private static final Argument VALUE = argument("value", Type.BYTES);
  private static final Argument FILE = argument("file", Type.NAME);
  private static final Argument NAME = argument("name", Type.NAME);
  private static final Argument BYTES = argument("bytes", Type.INTEGER);
  static final Map<String, Result> NOTHING = Map.of();
  private static final Map<String, Result> VERSION = Map.of("version", Result.INTEGER);

  private static final Map<String, Operation> ALL =
      Stream.of(
              regions(), stores(), ArenaSteps.operations(), PoolSteps.operations(), SharedPoolSteps.operations(),
              IndexMapSteps.operations(), BufferPoolSteps.operations(), ObjectPoolSteps.operations(),
              SlabSteps.operations())
          .flatMap(Function.identity())
          .collect(Collectors.toMap(Operation::name, Function.identity()));

  /** Null for an unknown one. */
  static Operation find(String name) {
    return ALL.get(name);
  }

  /** One that acts on an object and makes none. */
  static Operation on(
      String name, BiFunction<World, Step, JsonNode> run, List<Argument> arguments, Map<String, Result> results) {
    return new Operation(name, run, NONE, REQUIRED, NONE, arguments, results);
  }

  static Argument integer(String name) {
    return argument(name, Type.INTEGER);
  }

  static Argument argument(String name, Type type) {
    return new Argument(name, type, true, List.of());
  }

  static Argument choice(String name, String... choices) {
    return new Argument(name, Type.CHOICE, true, List.of(choices));
  }

  private static Stream<Operation> regions() {
    return Stream.of(
        new Operation("region.create", RegionSteps::create, OPTIONAL, NONE, NONE,
            List.of(KIND, BYTES, NAME.optional()), NOTHING),
        new Operation("region.open", RegionSteps::open, OPTIONAL, NONE, NONE,
            List.of(KIND, NAME, choice("mode", "read", "write")), NOTHING),
        new Operation("region.load", RegionSteps::load, OPTIONAL, NONE, NONE,
            List.of(KIND, FILE, NAME.optional()), NOTHING),
        new Operation("region.save", RegionSteps::save, NONE, REQUIRED, NONE, List.of(FILE), NOTHING),
        new Operation("region.parts", RegionSteps::parts, NONE, REQUIRED, NONE, List.of(),
            Map.of("parts", Result.PARTS)),
        new Operation("region.stats", RegionSteps::stats, NONE, REQUIRED, NONE, List.of(),
            Map.of("part_count", Result.INTEGER, "size_bytes", Result.INTEGER, "used_bytes", Result.INTEGER)),
        new Operation("region.verify", RegionSteps::verify, NONE, REQUIRED, NONE, List.of(), NOTHING),
        new Operation("region.close", RegionSteps::close, NONE, REQUIRED, NONE, List.of(), NOTHING),
        new Operation("region.damage", RegionSteps::damage, NONE, OPTIONAL, NONE,
            List.of(argument("at", Type.INTEGER), argument("byte", Type.INTEGER), FILE.optional(), NAME.optional()),
            NOTHING),
        new Operation("region.truncate", RegionSteps::truncate, NONE, OPTIONAL, NONE,
            List.of(BYTES, FILE.optional(), NAME.optional()), NOTHING));
  }

  private static Stream<Operation> stores() {
    Argument part = argument("part", Type.NAME);
    Argument number = argument("version", Type.INTEGER);
    return Stream.of(
        new Operation("kv.create", KvSteps::create, OPTIONAL, NONE, OPTIONAL,
            List.of(argument("entries", Type.INTEGER), BYTES, part.optional(),
                argument("seed", Type.INTEGER).optional(), choice("layout", "blocks", "inline").optional(),
                argument("max_entry", Type.INTEGER).optional()),
            NOTHING),
        new Operation("kv.open", KvSteps::open, OPTIONAL, NONE, REQUIRED, List.of(part), NOTHING),
        new Operation("kv.reader", KvSteps::reader, OPTIONAL, REQUIRED, NONE, List.of(), NOTHING),
        new Operation("kv.put", KvSteps::put, NONE, REQUIRED, NONE, List.of(KEY, VALUE), VERSION),
        new Operation("kv.put_new", KvSteps::putNew, NONE, REQUIRED, NONE, List.of(KEY, VALUE), VERSION),
        new Operation("kv.replace", KvSteps::replace, NONE, REQUIRED, NONE, List.of(KEY, VALUE, number), VERSION),
        new Operation("kv.delete", KvSteps::delete, NONE, REQUIRED, NONE, List.of(KEY), VERSION),
        new Operation("kv.get", KvSteps::get, NONE, REQUIRED, NONE, List.of(KEY),
            Map.of("value", Result.BYTES, "version", Result.INTEGER)),
        new Operation("kv.get_many", KvSteps::getMany, NONE, REQUIRED, NONE, List.of(argument("keys", Type.KEYS)),
            Map.of("values", Result.VALUES)),
        new Operation("kv.contains", KvSteps::contains, NONE, REQUIRED, NONE, List.of(KEY),
            Map.of("found", Result.YES_OR_NO)),
        new Operation("kv.list", KvSteps::list, NONE, REQUIRED, NONE, List.of(), Map.of("keys", Result.KEYS)),
        new Operation("kv.stats", KvSteps::stats, NONE, REQUIRED, NONE, List.of(),
            Map.of("capacity", Result.INTEGER, "entries", Result.INTEGER)),
        new Operation("kv.close", KvSteps::close, NONE, REQUIRED, NONE, List.of(), NOTHING));
  }
}
