// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The benchmarks: one call is one operation, but for the two that fill a whole store. */
public class Kv {
  /** What every state has: JMH sets the subject, which is the session's. */
  @State(Scope.Benchmark)
  public abstract static class Base {
    @Param("drystone")
    public String subject;

    Session session() {
      return Session.current;
    }
  }

  // ---- filling

  /** An empty store, made anew for each filling. */
  public abstract static class Filling extends Base {
    private final String operation;
    private final boolean prefault;
    private Script script;
    private Store store;

    Filling(String operation, boolean prefault) {
      this.operation = operation;
      this.prefault = prefault;
    }

    @Setup(Level.Trial)
    public void makeScript() {
      script = session().script(Session.FOR_INSERT).withValues(session().data, 0);
    }

    @Setup(Level.Invocation)
    public void renew() {
      store = session().renewed(prefault);
    }

    void fill() {
      for (int at = 0; at < script.index.length; at++) {
        store.insert(script, at);
      }
    }

    @TearDown(Level.Invocation)
    public void check() {
      session().wrote(operation, script, script.index.length, 0);
      session().checked(operation, script.index.length);
      if (store.bytes() > 0) {
        session().extra(operation, "bytes_per_entry", (double) store.bytes() / script.index.length);
      }
    }
  }

  public static class Fresh extends Filling {
    public Fresh() {
      super("insert_fresh", false);
    }
  }

  public static class Touched extends Filling {
    public Touched() {
      super("insert", true);
    }
  }

  @Benchmark
  public void insertFresh(Fresh state) {
    state.fill();
  }

  @Benchmark
  public void insert(Touched state) {
    state.fill();
  }

  // ---- reading

  public static class Hits extends Base {
    Reads reads;

    @Setup(Level.Iteration)
    public void begin() {
      reads = new Reads(session(), "hit", Session.FOR_HIT);
    }

    @TearDown(Level.Iteration)
    public void check() {
      reads.checkHits();
    }
  }

  @Benchmark
  public byte[] hit(Hits state) {
    return state.reads.read();
  }

  public static class Misses extends Base {
    Reads reads;

    @Setup(Level.Iteration)
    public void begin() {
      reads = new Reads(session(), "miss", Session.FOR_MISS);
    }

    @TearDown(Level.Iteration)
    public void check() {
      reads.checkMisses();
    }
  }

  @Benchmark
  public byte[] miss(Misses state) {
    return state.reads.read();
  }

  /** Each key is found in the value before. */
  public static class Chain extends Base {
    private final byte[] value = new byte[Data.VALUE_BYTES];
    private byte[] key;
    private Store store;
    private long steps;
    private long sum;

    @Setup(Level.Iteration)
    public void begin() {
      store = session().populated();
      key = Data.key(0);
      steps = 0;
      sum = 0;
    }

    byte[] step() {
      if (store.get(key, value)) {
        sum += Data.word(value, Data.INDEX_WORD);
      }
      System.arraycopy(value, 0, key, 0, Data.KEY_BYTES);
      steps++;
      return value;
    }

    @TearDown(Level.Iteration)
    public void check() {
      long wanted = 0;
      int at = 0;
      for (long i = 0; i < steps; i++) {
        wanted += at;
        at = session().data.next[at];
      }
      if (sum != wanted) {
        throw session().failed("dependent_hit", "the chain of keys was left");
      }
      session().checked("dependent_hit", steps);
    }
  }

  @Benchmark
  public byte[] dependentHit(Chain state) {
    return state.step();
  }

  /** One call is a batch; the runner is told that it counts for 32. */
  public static class Batches extends Base {
    private final byte[][] values = new byte[Store.BATCH][];
    private Store store;
    private Script script;
    private int at;
    private long count;
    private long found;
    private long sum;

    @Setup(Level.Iteration)
    public void begin() {
      store = session().populated();
      script = session().script(Session.FOR_HIT);
      at = 0;
      count = 0;
      found = 0;
      sum = 0;
    }

    byte[][] read() {
      found += store.getMany(script, at, values);
      for (byte[] value : values) {
        sum += Data.word(value, Data.INDEX_WORD);
      }
      count += Store.BATCH;
      at += Store.BATCH;
      if (at + Store.BATCH > script.index.length) {
        at = 0;
      }
      return values;
    }

    @TearDown(Level.Iteration)
    public void check() {
      int round = script.index.length / Store.BATCH * Store.BATCH;
      long wanted = 0;
      for (int i = 0; i < round; i++) {
        wanted += script.index[i] * (count / round + (i < count % round ? 1 : 0));
      }
      if (found != count || sum != wanted) {
        throw session().failed("get_many_32", "the values read are not those of the keys asked for");
      }
      session().checked("get_many_32", count);
    }
  }

  @Benchmark
  public byte[][] getMany32(Batches state) {
    return state.read();
  }

  // ---- reading what may be written

  public static class Alone extends Base {
    Reads reads;

    @Setup(Level.Trial)
    public void begin() {
      reads = new Reads(session(), "read_alone", Session.FOR_HIT);
    }

    @TearDown(Level.Trial)
    public void check() {
      Latency.measure(session(), "read_alone", reads::readWhole);
      reads.checkHits();
    }
  }

  @Benchmark
  public byte[] readAlone(Alone state) {
    return state.reads.readWhole();
  }

  public static class BesideWriter extends Base {
    private static final String OPERATION = "read_beside_writer";
    Reads reads;
    private Churn churn;
    private long retriesBefore;
    private long writesBefore;
    private long start;
    private long writes;
    private long nanos;

    @Setup(Level.Trial)
    public void begin() {
      reads = new Reads(session(), OPERATION, Session.FOR_HIT);
      retriesBefore = session().store().retries();
      churn = new Churn(session());
    }

    @Setup(Level.Iteration)
    public void note() {
      writesBefore = churn.writes();
      start = System.nanoTime();
    }

    @TearDown(Level.Iteration)
    public void count() {
      churn.awaitMoreThan(writesBefore);
      // The last iteration is a measured one.
      nanos = System.nanoTime() - start;
      writes = churn.writes() - writesBefore;
    }

    @TearDown(Level.Trial)
    public void check() {
      Latency.measure(session(), OPERATION, reads::readWhole);
      churn.stop(OPERATION);
      reads.checkHits();
      session().extra(OPERATION, "writes", writes);
      session().extra(OPERATION, "writer_ns", (double) nanos / writes);
      if (retriesBefore >= 0) {
        session().extra(OPERATION, "retries", session().store().retries() - retriesBefore);
      }
      session().forget(Session.FOR_CHURN);
    }
  }

  @Benchmark
  public byte[] readBesideWriter(BesideWriter state) {
    return state.reads.readWhole();
  }

  // ---- writing

  public static class Updates extends Base {
    private Store store;
    private Script script;
    private long stamp;
    private int at;
    private long count;

    @Setup(Level.Iteration)
    public void begin() {
      store = session().populated();
      stamp = session().nextStamp();
      script = session().script(Session.FOR_UPDATE).withValues(session().data, stamp);
      at = 0;
      count = 0;
    }

    void update() {
      store.update(script, at);
      count++;
      at = at + 1 == script.index.length ? 0 : at + 1;
    }

    @TearDown(Level.Iteration)
    public void check() {
      session().wrote("update", script, count, stamp);
      session().checked("update", count);
    }
  }

  @Benchmark
  public void update(Updates state) {
    state.update();
  }

  /** Present keys leave and absent ones enter, one by one; after a whole round the two change places. */
  public static class Exchanges extends Base {
    private Store store;
    private Script leaving;
    private Script entering;
    private Script present;
    private long stamp;
    private int at;
    private long count;

    @Setup(Level.Iteration)
    public void begin() {
      store = session().populated();
      stamp = session().nextStamp();
      present = session().script(Session.FOR_LEAVING).withValues(session().data, stamp);
      leaving = present;
      entering = session().script(Session.FOR_ENTERING);
      if (entering.values == null) {
        entering.withValues(session().data, 0);
      }
      at = 0;
      count = 0;
    }

    void exchange() {
      store.delete(leaving, at);
      store.insert(entering, at);
      count++;
      if (++at == present.index.length) {
        at = 0;
        Script kept = leaving;
        leaving = entering;
        entering = kept;
      }
    }

    /** Back to the keys that the other operations expect. */
    @TearDown(Level.Iteration)
    public void restore() {
      Script absent = leaving == present ? entering : leaving;
      int first = leaving == present ? 0 : at;
      int last = leaving == present ? at : present.index.length;
      for (int i = first; i < last; i++) {
        store.delete(absent, i);
        store.insert(present, i);
      }
      session().wrote("delete_insert", present, count, stamp);
      session().checked("delete_insert", count);
    }
  }

  @Benchmark
  public void deleteInsert(Exchanges state) {
    state.exchange();
  }
}
