// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads the native library, once: the file or folder that the system property {@code drystone.library.path} names; else
 * from {@code java.library.path}; else the copy inside the jar.
 */
public final class NativeLibrary {
  /** The system property that says where the library is. */
  public static final String PROPERTY = "drystone.library.path";

  private static final String NAME = "drystone_jni";

  private NativeLibrary() {}

  /** Called by the static initialiser of the generated class, which the virtual machine runs once. */
  static void load() {
    String place = System.getProperty(PROPERTY);
    if (place != null) {
      loadFrom(place);
    } else if (!loadFromPath()) {
      loadFromJar();
    }
  }

  private static void loadFrom(String place) {
    Path path = Path.of(place).toAbsolutePath();
    System.load((Files.isDirectory(path) ? path.resolve(System.mapLibraryName(NAME)) : path).toString());
  }

  private static boolean loadFromPath() {
    try {
      System.loadLibrary(NAME);
      return true;
    } catch (UnsatisfiedLinkError e) {
      // A library that is there but cannot be loaded must be heard of; one that is not there is the usual case.
      if (isOnPath()) {
        throw e;
      }
      return false;
    }
  }

  private static boolean isOnPath() {
    String mapped = System.mapLibraryName(NAME);
    for (String folder : System.getProperty("java.library.path", "").split(java.io.File.pathSeparator)) {
      if (!folder.isEmpty() && Files.exists(Path.of(folder, mapped))) {
        return true;
      }
    }
    return false;
  }

  private static void loadFromJar() {
    String resource = resource();
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new UnsatisfiedLinkError(
            "drystone: no " + System.mapLibraryName(NAME) + " on java.library.path, and no " + resource
                + " in the jar; the system property " + PROPERTY + " can name the file");
      }
      Path folder = Files.createTempDirectory("drystone-");
      Path copy = folder.resolve(System.mapLibraryName(NAME));
      try {
        Files.copy(in, copy);
        System.load(copy.toString());
      } finally {
        // The loaded library outlives its name, so nothing is left behind, however this process ends.
        Files.deleteIfExists(copy);
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      UnsatisfiedLinkError error = new UnsatisfiedLinkError("drystone: cannot unpack " + resource + ": " + e);
      error.initCause(e);
      throw error;
    }
  }

  /** Where the jar has the library for this system. */
  static String resource() {
    return "/META-INF/native/" + platform() + "/" + System.mapLibraryName(NAME);
  }

  /** Operating system and processor, as {@code linux-x86_64}. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return (os.startsWith("linux") ? "linux" : os.replace(' ', '_'))
        + "-" + (arch.equals("amd64") ? "x86_64" : arch.equals("arm64") ? "aarch64" : arch);
  }
}
