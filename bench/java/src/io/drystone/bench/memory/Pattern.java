// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Extras;
import io.drystone.bench.Failed;
import io.drystone.bench.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What all patterns need: the subject, where checks are counted, and that they must hold. */
@State(Scope.Benchmark)
public abstract class Pattern {
  /** The system property that names the file for what is reported beside the figures. */
  static final String EXTRAS = "drystone.bench.extras";

  @Param("drystone")
  public String subject;

  final Settings settings = Settings.fromEnvironment();
  final Extras extras = new Extras();
  long checked;
  long wrong;

  private final String operation;

  Pattern(String operation) {
    this.operation = operation;
  }

  final Subject subject() {
    return Subject.of(subject);
  }

  final String name() {
    return "memory/" + operation + "/" + subject;
  }

  /** Says what was checked, and writes all extras. */
  final void report() {
    if (wrong != 0) {
      throw new Failed(name(), wrong + " objects did not hold what was written to them");
    }
    extras.checked(name(), checked);
    try {
      extras.append(Path.of(System.getProperty(EXTRAS)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
