// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drystone.internal.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library comes from, each case in a virtual machine of its own. */
class NativeLibraryTest {
  @TempDir Path folder;

  /** What the children run. */
  public static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      System.out.println("version " + Drystone.version());
    }
  }

  private record Ended(int status, String output) {}

  private Ended run(String... flags) throws Exception {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.add("-XX:-UsePerfData");
    command.addAll(List.of(flags));
    command.addAll(List.of("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp"))));
    command.addAll(List.of("-cp", System.getProperty("java.class.path") + ":" + locations()));
    command.add(Program.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  /** The console launcher has a class path of its own, which the system property does not name. */
  private static String locations() throws Exception {
    return Path.of(Drystone.class.getProtectionDomain().getCodeSource().getLocation().toURI()) + ":"
        + Path.of(NativeLibraryTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private Path unpacked() throws IOException {
    String name = System.mapLibraryName("drystone_jni");
    String arch = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
    Path file = Files.createDirectories(folder.resolve("lib")).resolve(name);
    try (InputStream in = Drystone.class.getResourceAsStream("/META-INF/native/linux-" + arch + "/" + name)) {
      Files.copy(in, file);
    }
    return file;
  }

  @Test
  void aLibraryOfAnotherVersionIsRefused() {
    Drystone.requireLibrary(Layout.ABI, Layout.VERSION_NUMBER);
    assertThrows(
        DrystoneException.VersionMismatch.class, () -> Drystone.requireLibrary(Layout.ABI + 1, Layout.VERSION_NUMBER));
    assertThrows(
        DrystoneException.VersionMismatch.class, () -> Drystone.requireLibrary(Layout.ABI, Layout.VERSION_NUMBER + 1));
  }

  @Test
  void theCopyInTheJarIsUsedAndLeavesNothingBehind() throws Exception {
    Ended ended = run();
    assertEquals(0, ended.status(), ended.output());
    assertTrue(ended.output().contains("version " + Layout.VERSION_STRING), ended.output());
    try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void thePropertyNamesAFileOrItsFolder() throws Exception {
    Path file = unpacked();
    for (Path place : List.of(file, file.getParent())) {
      Ended ended = run("-D" + NativeLibrary.PROPERTY + "=" + place);
      assertEquals(0, ended.status(), ended.output());
    }
  }

  @Test
  void thePropertyGoesBeforeEverythingElse() throws Exception {
    Ended ended = run("-D" + NativeLibrary.PROPERTY + "=" + folder.resolve("nothing.so"));
    assertNotEquals(0, ended.status());
    assertTrue(ended.output().contains("nothing.so"), ended.output());
  }

  @Test
  void theLibraryPathGoesBeforeTheCopyInTheJar() throws Exception {
    Path file = unpacked();
    assertEquals(0, run("-Djava.library.path=" + file.getParent()).status());
    Files.write(file, new byte[] {1, 2, 3});
    Ended ended = run("-Djava.library.path=" + file.getParent());
    assertNotEquals(0, ended.status(), "a broken library must be heard of");
    assertTrue(ended.output().contains(file.getFileName().toString()), ended.output());
  }
}
