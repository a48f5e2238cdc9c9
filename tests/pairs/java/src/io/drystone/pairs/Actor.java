// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.pairs;

import io.drystone.DrystoneException;
import io.drystone.Region;
import java.io.IOException;

/** The actor of the Java API: a reader or a writer that the pairs test and the demo start as a process. */
public final class Actor {
  private static final int USAGE = 2;
  private static final double SECONDS_MAX = 1e6;

  private Actor() {}

  /** What the command line asks for; {@code keys} is 0 when there are to be no records. */
  record Task(String region, String part, double seconds, long seed, long keys) {
    long deadline() {
      return System.nanoTime() + (long) (seconds * 1e9);
    }

    /** {@code file:PATH} or {@code shm:NAME}. */
    Region open(Region.Mode mode) {
      if (region.startsWith("file:")) {
        return Region.open(Region.Kind.FILE, region.substring("file:".length()), mode);
      }
      if (region.startsWith("shm:")) {
        return Region.open(Region.Kind.SHARED, region.substring("shm:".length()), mode);
      }
      throw new IllegalArgumentException("a region is file:PATH or shm:NAME, not \"" + region + "\"");
    }
  }

  /** {@code actor read REGION PART SECONDS}, or {@code actor write REGION PART SECONDS SEED [KEYS]}. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    boolean reads = arguments.length == 4 && arguments[0].equals("read");
    boolean writes = (arguments.length == 5 || arguments.length == 6) && arguments[0].equals("write");
    if (!reads && !writes) {
      return usage();
    }
    Task task;
    try {
      task = parse(arguments);
    } catch (IllegalArgumentException e) {
      return usage();
    }
    try {
      return reads ? new Reading(task).run() : new Writing(task).run();
    } catch (DrystoneException | IllegalArgumentException | IOException e) {
      System.err.println("actor: " + e.getMessage());
      return 1;
    }
  }

  private static Task parse(String[] arguments) {
    double seconds = Double.parseDouble(arguments[3]);
    long seed = arguments.length > 4 ? Long.parseUnsignedLong(arguments[4]) : 0;
    long keys = arguments.length > 5 ? Long.parseUnsignedLong(arguments[5]) : 0;
    if (!(seconds >= 0 && seconds <= SECONDS_MAX) || keys < 0 || arguments.length > 5 && keys == 0) {
      throw new IllegalArgumentException();
    }
    return new Task(arguments[1], arguments[2], seconds, seed, keys);
  }

  private static int usage() {
    System.err.println("usage: actor read REGION PART SECONDS");
    System.err.println("       actor write REGION PART SECONDS SEED [KEYS]");
    System.err.println("REGION is file:PATH or shm:NAME");
    return USAGE;
  }
}
