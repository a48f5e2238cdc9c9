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
  /** An open region; {@code path} is that of kind file. */
  static final class OpenRegion {
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
  }

  /** A store that was opened in a region. */
  static final class OpenKv {
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
  }

  private final Path directory;
  private final String prefix;
  private final List<String> sharedNames = new ArrayList<>();
  private final Map<String, OpenRegion> regions = new HashMap<>();
  private final Map<String, OpenKv> kvs = new HashMap<>();
  /** What a name stood for before it was bound again stays open. */
  private final List<OpenRegion> allRegions = new ArrayList<>();

  private final List<OpenKv> allKvs = new ArrayList<>();
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

  void bind(String as, OpenRegion region) {
    allRegions.add(region);
    if (as != null) {
      kvs.remove(as);
      regions.put(as, region);
    }
  }

  void bind(String as, OpenKv kv) {
    allKvs.add(kv);
    if (as != null) {
      regions.remove(as);
      kvs.put(as, kv);
    }
  }

  /** A region without a name, which lives as long as the scenario. */
  void keep(OpenRegion region) {
    allRegions.add(region);
  }

  OpenRegion region(String name) {
    OpenRegion region = regions.get(name);
    if (region == null) {
      throw new Malformed("\"" + name + "\" is not a region that was made");
    }
    return region;
  }

  OpenKv kv(String name) {
    OpenKv kv = kvs.get(name);
    if (kv == null) {
      throw new Malformed("\"" + name + "\" is not a kv that was made");
    }
    return kv;
  }

  boolean isBound(String name) {
    return regions.containsKey(name) || kvs.containsKey(name);
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
    allKvs.forEach(kv -> kv.reader.close());
    allRegions.forEach(region -> region.region.close());
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
