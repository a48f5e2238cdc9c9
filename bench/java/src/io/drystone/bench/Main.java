// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;

/** The key-value benchmarks. */
public final class Main extends Program {
  /** An operation, and the benchmark's method. */
  private record Operation(String name, String method, boolean reads) {}

  /** The order matters: the store that was filled last serves all that follow. */
  private static final List<Operation> OPERATIONS = List.of(
      new Operation("insert_fresh", "insertFresh", false),
      new Operation("insert", "insert", false),
      new Operation("hit", "hit", true),
      new Operation("dependent_hit", "dependentHit", true),
      new Operation("miss", "miss", true),
      new Operation("get_many_32", "getMany32", true),
      new Operation("read_alone", "readAlone", true),
      new Operation("read_beside_writer", "readBesideWriter", true),
      new Operation("update", "update", false),
      new Operation("delete_insert", "deleteInsert", false));

  private Main() {
    super("kv", Arrays.stream(Subject.values()).map(Subject::label).toList());
  }

  public static void main(String[] arguments) {
    System.exit(new Main().run(arguments));
  }

  @Override
  protected List<RunResult> measure(String subject, Settings settings, Path folder) throws RunnerException, IOException {
    Session session = new Session(settings, Subject.valueOf(subject.toUpperCase(Locale.ROOT)));
    Session.current = session;
    List<RunResult> results = new ArrayList<>();
    for (Operation operation : OPERATIONS) {
      if (settings.wants(operation.name()) && canDo(session, operation)) {
        results.addAll(runOne(session, operation, folder));
      }
    }
    session.extras.append(folder.resolve("extra.jsonl"));
    return results;
  }

  private static boolean canDo(Session session, Operation operation) {
    return switch (operation.name()) {
      case "get_many_32" -> session.subject == Subject.DRYSTONE;
      case "read_alone", "read_beside_writer" -> session.subject != Subject.HASH_MAP;
      default -> operation.reads() || session.subject != Subject.DRYSTONE_JNI;
    };
  }

  /** In this process, which is the subject's own: a fork for each benchmark would populate a store for each. */
  private List<RunResult> runOne(Session session, Operation operation, Path folder) throws RunnerException {
    ChainedOptionsBuilder options = options(Kv.class, operation.method(), session.subject.label(), 0, folder);
    return operation.method().startsWith("insert")
        ? shots(options, session.settings.keys())
        : mean(options, operation.name().equals("get_many_32") ? Store.BATCH : 1, session.settings, false);
  }
}
