// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The conformance runner of the Java API: replays scenarios and writes transcripts; see tests/conformance/README.md. */
public final class Main {
  private static final int FAILED = 1;
  private static final int MALFORMED = 2;

  private Main() {}

  /** {@code runner [--transcripts DIR] FILE...} */
  public static void main(String[] arguments) {
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    String transcripts = null;
    List<String> files = new ArrayList<>();
    boolean understood = true;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("--transcripts") && i + 1 < arguments.length) {
        transcripts = arguments[++i];
      } else {
        understood &= !arguments[i].startsWith("-");
        files.add(arguments[i]);
      }
    }
    if (!understood || files.isEmpty()) {
      System.err.println("usage: runner [--transcripts DIR] FILE...");
      return MALFORMED;
    }
    return runAll(files, transcripts);
  }

  private static int runAll(List<String> files, String transcripts) {
    int status = 0;
    int passed = 0;
    for (String file : files) {
      int outcome = runFile(file, transcripts);
      status = Math.max(status, outcome);
      passed += outcome == 0 ? 1 : 0;
    }
    System.out.println("java: " + passed + " passed, " + (files.size() - passed) + " failed");
    return status;
  }

  private static int runFile(String file, String transcripts) {
    try {
      return Scenario.read(file).run(transcripts) ? 0 : FAILED;
    } catch (Malformed e) {
      System.err.println(file + ": " + e.getMessage());
    } catch (IOException e) {
      System.err.println(file + ": " + e);
    }
    return MALFORMED;
  }
}
