// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the system property {@code drystone.checked} turns on, in a virtual machine of its own. */
class CheckedTest {
  /** What the child runs: writes beyond objects, and says what was found. */
  public static final class Program {
    private Program() {}

    /** {@code Program}. */
    public static void main(String[] arguments) {
      try (Pool pool = Pool.create(24, 10)) {
        int slot = pool.acquire();
        System.out.println("tracked " + pool.leaks().get(0).site().contains("CheckedTest"));
        found("pool", () -> {
          pool.slots().put((int) (slot * pool.strideBytes() + pool.strideBytes()) - 1, (byte) 1);
          pool.release(slot);
        });
      }
      PoolOptions options = new PoolOptions(24, 10);
      try (Region region = Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + 65536);
          Pool pool = region.createPool("p", options)) {
        found("part", () -> {
          int slot = pool.acquire();
          pool.slots().put((int) pool.strideBytes() - 1, (byte) 1);
          pool.release(slot);
        });
      }
      try (BufferPool pool = BufferPool.create(8, 3, 1)) {
        found("free block", () -> {
          long handle = pool.acquire();
          var view = pool.bytes(handle);
          pool.release(handle);
          view.putLong(0, 1);
          pool.acquire();
        });
      }
      try (Slab slab = Slab.create(4096)) {
        found("slab", () -> {
          long place = slab.alloc(64);
          var view = slab.view(place);
          slab.free(place);
          view.putLong(0, 1);
          slab.validate();
        });
      }
      Arena.create(4096).close();
      Scratch.create().close();
      SharedPool.create(24, 10).close();
      ObjectPool.create(10).close();
      IndexMap.create(10).close();
    }

    private static void found(String what, Runnable damage) {
      try {
        damage.run();
        System.out.println(what + " no damage");
      } catch (DrystoneException.Corrupt e) {
        System.out.println(what + " damage");
      }
    }
  }

  @Test
  void withoutItNothingIsGuarded() throws Exception {
    assertEquals(
        List.of("tracked false", "pool no damage", "part no damage", "free block no damage", "slab no damage"),
        run("false"));
  }

  @Test
  void withItDamageIsFound() throws Exception {
    assertEquals(
        List.of("tracked true", "pool damage", "part damage", "free block damage", "slab damage"),
        run("true"));
  }

  private static List<String> run(String checked) throws Exception {
    List<String> command = new ArrayList<>(List.of(
        System.getProperty("java.home") + "/bin/java", "-XX:-UsePerfData", "-Ddrystone.checked=" + checked,
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
        "-cp", placeOf(Drystone.class) + ":" + placeOf(CheckedTest.class)));
    String library = System.getProperty("drystone.library.path");
    if (library != null) {
      command.add("-Ddrystone.library.path=" + library);
    }
    command.add(Program.class.getName());
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output.lines().toList();
  }

  private static Path placeOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
