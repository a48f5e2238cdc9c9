// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DrystoneExceptionTest {
  @Test
  void everyStatusHasASubclassOfItsName() {
    Set<Class<?>> classes = new HashSet<>();
    for (int status = 1; status < Layout.STATUS_COUNT; status++) {
      DrystoneException made = DrystoneException.of(status, "what was wrong");
      assertNotEquals(DrystoneException.class, made.getClass(), "status " + status);
      assertTrue(classes.add(made.getClass()));
      String snake = made.getClass().getSimpleName().replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      assertEquals(made.code(), snake);
      assertEquals(status, made.status());
      assertEquals(made.code() + ": what was wrong", made.getMessage());
    }
  }

  @Test
  void anUnknownStatusIsTheBase() {
    assertEquals(DrystoneException.class, DrystoneException.of(Layout.STATUS_COUNT, "").getClass());
  }

  @Test
  void withoutDetailTheMessageIsTheStatusInASentence() {
    DrystoneException made = DrystoneException.of(Layout.STATUS_FULL, "");
    assertTrue(made.getMessage().startsWith("full: "), made.getMessage());
    assertTrue(made.getMessage().length() > "full: ".length());
  }

  @Test
  void carriesWhatCSays() {
    DrystoneException e = assertThrows(
        DrystoneException.NotFound.class,
        () -> Region.open(Region.Kind.FILE, "/nowhere/äöü", Region.Mode.READ));
    assertTrue(e.detail().contains("/nowhere/äöü"), e.detail());
    assertEquals("not_found", e.code());
    assertTrue(e.osError() > 0);
  }
}
