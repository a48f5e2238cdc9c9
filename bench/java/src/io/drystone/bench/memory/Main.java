// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Program;
import io.drystone.bench.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;

/** The memory benchmarks. */
public final class Main extends Program {
  /** An operation, the benchmark's method, and how many operations a call of it makes. */
  private record Operation(String name, String method, IntUnaryOperator operations) {
    Operation(String name, String method, int operations) {
      this(name, method, keys -> operations);
    }
  }

  private static final List<Operation> OPERATIONS = List.of(
      new Operation("arena_64", "arena64", Arenas.COUNT),
      new Operation("arena_mixed", "arenaMixed", Arenas.COUNT),
      new Operation("pool_lifo", "poolLifo", Memory.RUN),
      new Operation("pool_fifo", "poolFifo", Memory.RUN),
      new Operation("pool_random", "poolRandom", Memory.RUN),
      new Operation("pool_half", "poolHalf", keys -> keys / 2),
      new Operation("pool_bulk", "poolBulk", keys -> keys),
      new Operation("pool_batch_64", "poolBatch64", Memory.RUN),
      new Operation("pool_first_touch", "poolFirstTouch", keys -> Pools.FirstTouch.TOUCHED * keys),
      new Operation("pool_first_touch_huge", "poolFirstTouchHuge", keys -> Pools.FirstTouch.TOUCHED * keys),
      new Operation("object_random", "objectRandom", Memory.RUN),
      new Operation("object_half", "objectHalf", keys -> keys / 2),
      new Operation("slab_mixed", "slabMixed", Memory.RUN),
      new Operation("index_random", "indexRandom", Memory.RUN),
      new Operation("shared_own", "sharedOwn", Together.OPERATIONS),
      new Operation("shared_other", "sharedOther", Together.OPERATIONS),
      new Operation("shared_hand_over", "sharedHandOver", Together.OPERATIONS),
      new Operation("shared_own_4", "sharedOwn4", Together.OPERATIONS),
      new Operation("shared_own_8", "sharedOwn8", Together.OPERATIONS));

  private Main() {
    super("memory", Arrays.stream(Subject.values()).map(Subject::label).toList());
  }

  public static void main(String[] arguments) {
    System.exit(new Main().run(arguments));
  }

  /**
   * Each in a process of its own, so that what the compiler learned from one block does not slow the next; but in a smoke run of
   * everything, whose figures nobody looks at, all in this one.
   */
  @Override
  protected List<RunResult> measure(String subject, Settings settings, Path folder) throws RunnerException, IOException {
    List<RunResult> results = new ArrayList<>();
    String extras = folder.toAbsolutePath().resolve("extra.jsonl").toString();
    System.setProperty(Pattern.EXTRAS, extras);
    int forks = settings.isSmoke() && settings.operations().isEmpty() ? 0 : 1;
    for (Operation operation : OPERATIONS) {
      if (settings.wants(operation.name()) && Subject.of(subject).can(operation.name())) {
        results.addAll(mean(
            options(Memory.class, operation.method(), subject, forks, folder)
                .jvmArgsAppend("-D" + Pattern.EXTRAS + "=" + extras),
            operation.operations().applyAsInt(settings.keys()),
            settings,
            true));
      }
    }
    return results;
  }
}
