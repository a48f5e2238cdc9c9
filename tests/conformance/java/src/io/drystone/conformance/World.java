// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import io.drystone.DrystoneException;
import io.drystone.Kv;
import io.drystone.KvReader;
import io.drystone.Region;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** The objects of one scenario, and where their files and shared names lie. */
final class World implements AutoCloseable {
  /** What a name can stand for. */
  interface Bound {
    /** Gives it up, at the end of the scenario. */
    void end();
  }

  /** An open region; {@code path} is that of kind file. */
  static final class OpenRegion implements Bound {
    final Region region;
    final Region.Kind kind;
    final Region.Mode mode;
    final String path;
    boolean closed;

    OpenRegion(Region region, Region.Kind kind, Region.Mode mode, String name) {
      this.region = region;
      this.kind = kind;
      this.mode = mode;
      this.path = kind == Region.Kind.FILE ? name : null;
    }

    @Override
    public void end() {
      region.close();
    }
  }

  /** A store that was opened in a region. */
  static final class OpenKv implements Bound {
    final OpenRegion in;
    final String part;
    final KvReader reader;
    boolean closed;

    OpenKv(OpenRegion in, String part, KvReader reader) {
      this.in = in;
      this.part = part;
      this.reader = reader;
    }

    /** Null for one that was opened for reading. */
    Kv writer() {
      return reader instanceof Kv kv ? kv : null;
    }

    boolean isClosed() {
      return closed || in.closed;
    }

    @Override
    public void end() {
      reader.close();
    }
  }

  private final Path directory;
  private final String prefix;
  private final List<String> sharedNames = new ArrayList<>();
  private final Map<String, Bound> names = new HashMap<>();
  /** What a name stood for before it was bound again stays open. */
  private final List<Bound> all = new ArrayList<>();

  private int freshNames;

  World() throws IOException {
    directory = Files.createTempDirectory(Path.of(environment("TMPDIR", "/tmp")), "drystone-conformance-");
    prefix = environment("DRYSTONE_SHM_PREFIX", "drystone-conformance-")
        + UUID.randomUUID().toString().replace("-", "").substring(0, 16) + "-";
  }

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  /** Without a name it lives as long as the scenario. */
  void bind(String as, Bound made) {
    all.add(made);
    if (as != null) {
      names.put(as, made);
    }
  }

  OpenRegion region(String name) {
    return get(name, OpenRegion.class, "a region");
  }

  OpenKv kv(String name) {
    return get(name, OpenKv.class, "a kv");
  }

  <T extends Bound> T get(String name, Class<T> type, String sort) {
    Bound found = names.get(name);
    if (!type.isInstance(found)) {
      throw new Malformed("\"" + name + "\" is not " + sort + " that was made");
    }
    return type.cast(found);
  }

  boolean isBound(String name) {
    return names.containsKey(name);
  }

  // ---- what the library is given for a name in a scenario

  String name(Region.Kind kind, String name) {
    return switch (kind) {
      case MEMORY -> null;
      case FILE -> path(name == null ? "" : name);
      case SHARED -> sharedName(name == null ? "" : name);
    };
  }

  String path(String name) {
    refuseNul(name);
    return name.isEmpty() || name.startsWith("/") ? name : directory + "/" + name;
  }

  private String sharedName(String name) {
    refuseNul(name);
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.contains("/")) {
      return name;
    }
    sharedNames.add(prefix + name);
    return prefix + name;
  }

  String freshSharedName() {
    return sharedName("fresh-" + freshNames++);
  }

  private static void refuseNul(String name) {
    if (name.indexOf('\0') >= 0) {
      throw new Failure("invalid_argument");
    }
  }

  // ---- the end

  @Override
  public void close() throws IOException {
    for (int i = all.size() - 1; i >= 0; i--) {
      all.get(i).end();
    }
    for (String name : sharedNames) {
      try {
        Region.unlink(Region.Kind.SHARED, name);
      } catch (DrystoneException e) {
        // The name was never made, or the scenario is about names that cannot be.
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(World::delete);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
