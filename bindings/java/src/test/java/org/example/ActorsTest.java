// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drystone.DrystoneException;
import io.drystone.ObjectPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Actors whose addresses are handles of an object pool: a message to one that is gone is found out, and never misdelivered. */
class ActorsTest {
  /** An actor's state. */
  private static final class Account {
    final String owner;
    long balance;

    Account(String owner) {
      this.owner = owner;
    }
  }

  /** To whom, and how much. */
  private record Deposit(long to, long amount) {}

  @Test
  void messagesReachTheLivingAndNobodyElse() {
    List<String> ended = new ArrayList<>();
    Deque<Deposit> mail = new ArrayDeque<>();
    try (ObjectPool<Account> actors = ObjectPool.create(2, account -> ended.add(account.owner + " " + account.balance))) {
      long ann = actors.acquire(new Account("Ann"));
      long bob = actors.acquire(new Account("Bob"));
      mail.add(new Deposit(ann, 10));
      mail.add(new Deposit(bob, 20));
      mail.add(new Deposit(ann, 30));
      assertEquals(0, deliver(mail, actors));
      assertEquals(40, actors.get(ann).balance);

      mail.add(new Deposit(ann, 1));
      actors.release(ann);
      long eve = actors.acquire(new Account("Eve")); // in the slot that was Ann's
      assertEquals((int) ann, (int) eve);
      mail.add(new Deposit(eve, 2));
      assertEquals(1, deliver(mail, actors), "the one to Ann");
      assertEquals(2, actors.get(eve).balance);
      assertThrows(DrystoneException.Full.class, () -> actors.acquire(new Account("Zoe")));
      assertEquals(List.of("Ann 40"), ended);
    }
    assertEquals(List.of("Ann 40", "Eve 2", "Bob 20"), ended);
  }

  /** How many messages came too late. */
  private static int deliver(Deque<Deposit> mail, ObjectPool<Account> actors) {
    int late = 0;
    for (Deposit deposit = mail.poll(); deposit != null; deposit = mail.poll()) {
      try {
        actors.get(deposit.to()).balance += deposit.amount();
      } catch (DrystoneException.Stale e) {
        late++;
      }
    }
    return late;
  }
}
