// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The program of one area, on JMH: {@code AREA subjects}, {@code AREA measure SUBJECT OUT}. See bench/README.md. */
public abstract class Program {
  private static final int USAGE = 2;
  private static final int NONE_WANTED = 3;
  private static final int WARMUPS = 2;
  private static final int MEASUREMENTS = 3;

  private final String area;
  private final List<String> subjects;

  protected Program(String area, List<String> subjects) {
    this.area = area;
    this.subjects = subjects;
  }

  /** Runs every benchmark of a subject that is wanted, writes the extras, and answers JMH's results. */
  protected abstract List<RunResult> measure(String subject, Settings settings, Path folder)
      throws RunnerException, IOException;

  protected final int run(String[] arguments) {
    // Another JMH on this machine is none of our business; ci/bench sees to the order.
    System.setProperty("jmh.ignoreLock", "true");
    if (arguments.length == 1 && arguments[0].equals("subjects")) {
      subjects.forEach(System.out::println);
      return 0;
    }
    if (arguments.length != 3 || !arguments[0].equals("measure") || !subjects.contains(arguments[1])) {
      System.err.printf(
          "usage: %s subjects | %s measure SUBJECT OUT; the arguments were %s%n", area, area, String.join(" ", arguments));
      return USAGE;
    }
    try {
      Path folder = Path.of(arguments[2]);
      List<RunResult> results = measure(arguments[1], Settings.fromEnvironment(), folder);
      if (results.isEmpty()) {
        System.err.println(arguments[1] + ": none of the operations wanted");
        return NONE_WANTED;
      }
      write(results, folder.resolve("jmh.json"));
      return 0;
    } catch (RunnerException | RuntimeException | IOException e) {
      tell(e);
      return 1;
    }
  }

  private static void write(List<RunResult> results, Path file) throws IOException {
    try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
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

  // ---- one benchmark

  /** What all benchmarks have in common; {@code forks}: 0 runs it in this process. */
  protected final ChainedOptionsBuilder options(Class<?> holder, String method, String subject, int forks, Path folder) {
    System.err.println(area + "/" + method + "/" + subject);
    return new OptionsBuilder()
        .include("^" + Pattern.quote(holder.getName() + "." + method) + "$")
        .param("subject", subject)
        .timeUnit(TimeUnit.NANOSECONDS)
        .forks(forks)
        .shouldFailOnError(true)
        .shouldDoGC(false)
        .output(folder.resolve("jmh.txt").toString());
  }

  /** Once after a warm-up, and then three times, for what takes long by itself. */
  protected static List<RunResult> shots(ChainedOptionsBuilder options, int operations) throws RunnerException {
    return run(options.mode(Mode.SingleShotTime).warmupIterations(1).measurementIterations(MEASUREMENTS)
        .operationsPerInvocation(operations));
  }

  /** Over and over, for about as long as the settings say; in a process of its own the warm-up is to take as long again. */
  protected static List<RunResult> mean(ChainedOptionsBuilder options, int operations, Settings settings, boolean cold)
      throws RunnerException {
    double each = settings.seconds() / MEASUREMENTS;
    return run(options.mode(Mode.AverageTime)
        .warmupIterations(WARMUPS).warmupTime(time(cold ? settings.seconds() / WARMUPS : each))
        .measurementIterations(MEASUREMENTS).measurementTime(time(each)).operationsPerInvocation(operations));
  }

  private static TimeValue time(double seconds) {
    return TimeValue.microseconds(Math.max(1, (long) (seconds * 1e6)));
  }

  private static List<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
    return new ArrayList<>(new Runner(options.build()).run());
  }
}
