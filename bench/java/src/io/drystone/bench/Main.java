// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The key-value benchmarks in Java, on JMH: {@code kv subjects}, {@code kv measure SUBJECT OUT}. See bench/README.md. */
public final class Main {
  private static final int USAGE = 2;
  private static final int WARMUPS = 2;
  private static final int MEASUREMENTS = 3;

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

  private Main() {}

  public static void main(String[] arguments) {
    // Another JMH on this machine is none of our business; ci/bench sees to the order.
    System.setProperty("jmh.ignoreLock", "true");
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    if (arguments.length == 1 && arguments[0].equals("subjects")) {
      Arrays.stream(Subject.values()).map(Subject::label).forEach(System.out::println);
      return 0;
    }
    Optional<Subject> subject = arguments.length == 3 && arguments[0].equals("measure")
        ? Arrays.stream(Subject.values()).filter(s -> s.label().equals(arguments[1])).findFirst()
        : Optional.empty();
    if (subject.isEmpty()) {
      System.err.println("usage: kv subjects | kv measure SUBJECT OUT; the arguments were " + String.join(" ", arguments));
      return USAGE;
    }
    try {
      measure(new Session(Settings.fromEnvironment(), subject.get()), Path.of(arguments[2]));
      return 0;
    } catch (RunnerException | RuntimeException | IOException e) {
      tell(e);
      return 1;
    }
  }

  /** JMH hides the cause among what it suppressed. */
  private static void tell(Throwable e) {
    System.err.println(e);
    for (Throwable suppressed : e.getSuppressed()) {
      tell(suppressed);
    }
    if (e.getCause() != null) {
      tell(e.getCause());
    }
  }

  private static void measure(Session session, Path folder) throws RunnerException, IOException {
    Session.current = session;
    List<RunResult> results = new ArrayList<>();
    Path log = folder.resolve("jmh.txt");
    for (Operation operation : OPERATIONS) {
      if (session.settings.wants(operation.name()) && canDo(session, operation)) {
        results.addAll(runOne(session, operation, log));
      }
    }
    if (results.isEmpty()) {
      throw new Failed(session.subject.label(), "none of the operations wanted");
    }
    try (PrintStream out = new PrintStream(Files.newOutputStream(folder.resolve("jmh.json")), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
    session.writeExtras(folder.resolve("extra.jsonl"));
  }

  private static boolean canDo(Session session, Operation operation) {
    return switch (operation.name()) {
      case "get_many_32" -> session.subject == Subject.DRYSTONE;
      case "read_alone", "read_beside_writer" -> session.subject != Subject.HASH_MAP;
      default -> operation.reads() || session.subject != Subject.DRYSTONE_JNI;
    };
  }

  /** In this process, which is the subject's own: a fork for each benchmark would populate a store for each. */
  private static Collection<RunResult> runOne(Session session, Operation operation, Path log) throws RunnerException {
    System.err.println(session.name(operation.name()));
    ChainedOptionsBuilder options = new OptionsBuilder()
        .include("^" + java.util.regex.Pattern.quote(Kv.class.getName() + "." + operation.method()) + "$")
        .param("subject", session.subject.label())
        .timeUnit(TimeUnit.NANOSECONDS)
        .forks(0)
        .shouldFailOnError(true)
        .shouldDoGC(false)
        .output(log.toString());
    if (operation.method().startsWith("insert")) {
      options.mode(Mode.SingleShotTime).warmupIterations(1).measurementIterations(MEASUREMENTS)
          .operationsPerInvocation(session.settings.keys());
    } else {
      TimeValue each = TimeValue.microseconds(Math.max(1, (long) (session.settings.seconds() * 1e6 / MEASUREMENTS)));
      options.mode(Mode.AverageTime).warmupIterations(WARMUPS).warmupTime(each)
          .measurementIterations(MEASUREMENTS).measurementTime(each)
          .operationsPerInvocation(operation.name().equals("get_many_32") ? Store.BATCH : 1);
    }
    return new Runner(options.build()).run();
  }
}
