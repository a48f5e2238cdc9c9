// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.charset.StandardCharsets;

/**
 * What a call answers when it fails: one subclass for each cause. After it nothing has changed, unless the call's own
 * description says otherwise.
 */
public class DrystoneException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The status's number, the same in every language. */
  private final int status;

  /** What was wrong. */
  private final String detail;

  /** The operating system's error number, or 0. */
  private final int osError;

  /** Where in the region, or 0. */
  private final long offset;

  /** What a failure is made of. */
  private record Failure(int status, String detail, int osError, long offset) {}

  private DrystoneException(Failure failure) {
    super(message(failure));
    status = failure.status();
    detail = failure.detail();
    osError = failure.osError();
    offset = failure.offset();
  }

  private static String message(Failure failure) {
    String name = Native.dry_status_name(failure.status());
    return failure.detail().isEmpty()
        ? name + ": " + Native.dry_status_text(failure.status())
        : name + ": " + failure.detail();
  }

  /** The number of the status, the same in every language. */
  public int status() {
    return status;
  }

  /** The name of the status, the same in every language: {@code "not_found"}. */
  public String code() {
    return Native.dry_status_name(status);
  }

  /** One line that names the object and the cause; empty when the status says it all. */
  public String detail() {
    return detail;
  }

  /** The operating system's error number, or 0. */
  public int osError() {
    return osError;
  }

  /** For {@link Corrupt}: the place in the region in bytes, or 0. */
  public long offset() {
    return offset;
  }

  static DrystoneException of(int status, String detail) {
    return of(new Failure(status, detail, 0, 0));
  }

  /** Called by native code, which has the text as it came. */
  static DrystoneException fromNative(int status, int osError, long offset, byte[] text) {
    return of(new Failure(status, new String(text, StandardCharsets.UTF_8), osError, offset));
  }

  private static DrystoneException of(Failure failure) {
    return switch (failure.status()) {
      case Layout.STATUS_INVALID_ARGUMENT -> new InvalidArgument(failure);
      case Layout.STATUS_OUT_OF_MEMORY -> new OutOfMemory(failure);
      case Layout.STATUS_FULL -> new Full(failure);
      case Layout.STATUS_NOT_FOUND -> new NotFound(failure);
      case Layout.STATUS_ALREADY_EXISTS -> new AlreadyExists(failure);
      case Layout.STATUS_TYPE_MISMATCH -> new TypeMismatch(failure);
      case Layout.STATUS_STALE -> new Stale(failure);
      case Layout.STATUS_FOREIGN -> new Foreign(failure);
      case Layout.STATUS_TOO_LARGE -> new TooLarge(failure);
      case Layout.STATUS_BUSY -> new Busy(failure);
      case Layout.STATUS_READ_ONLY -> new ReadOnly(failure);
      case Layout.STATUS_CORRUPT -> new Corrupt(failure);
      case Layout.STATUS_VERSION_MISMATCH -> new VersionMismatch(failure);
      case Layout.STATUS_CONFLICT -> new Conflict(failure);
      case Layout.STATUS_TIMED_OUT -> new TimedOut(failure);
      case Layout.STATUS_IO -> new Io(failure);
      case Layout.STATUS_UNSUPPORTED -> new Unsupported(failure);
      case Layout.STATUS_CLOSED -> new Closed(failure);
      default -> new DrystoneException(failure);
    };
  }

  /** An argument is outside its documented range. */
  public static final class InvalidArgument extends DrystoneException {
    private static final long serialVersionUID = 1;

    private InvalidArgument(Failure failure) {
      super(failure);
    }
  }

  /** The operating system refused memory or disk space. */
  public static final class OutOfMemory extends DrystoneException {
    private static final long serialVersionUID = 1;

    private OutOfMemory(Failure failure) {
      super(failure);
    }
  }

  /** A fixed capacity is used up. */
  public static final class Full extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Full(Failure failure) {
      super(failure);
    }
  }

  /** There is no such key, part, file or object. */
  public static final class NotFound extends DrystoneException {
    private static final long serialVersionUID = 1;

    private NotFound(Failure failure) {
      super(failure);
    }
  }

  /** The key, part, file or object is there already. */
  public static final class AlreadyExists extends DrystoneException {
    private static final long serialVersionUID = 1;

    private AlreadyExists(Failure failure) {
      super(failure);
    }
  }

  /** It exists, but is of another kind. */
  public static final class TypeMismatch extends DrystoneException {
    private static final long serialVersionUID = 1;

    private TypeMismatch(Failure failure) {
      super(failure);
    }
  }

  /** The handle, slot or ownership has been outlived: it was given back, or another writer took over. */
  public static final class Stale extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Stale(Failure failure) {
      super(failure);
    }
  }

  /** Not from this structure, or inside one of its objects. */
  public static final class Foreign extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Foreign(Failure failure) {
      super(failure);
    }
  }

  /** Above a documented maximum, or larger than the caller's buffer. */
  public static final class TooLarge extends DrystoneException {
    private static final long serialVersionUID = 1;

    private TooLarge(Failure failure) {
      super(failure);
    }
  }

  /** Another writer holds it, or another thread is at work with it. */
  public static final class Busy extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Busy(Failure failure) {
      super(failure);
    }
  }

  /** A change through a read-only handle. */
  public static final class ReadOnly extends DrystoneException {
    private static final long serialVersionUID = 1;

    private ReadOnly(Failure failure) {
      super(failure);
    }
  }

  /** Stored bytes contradict the format or their checksum. */
  public static final class Corrupt extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Corrupt(Failure failure) {
      super(failure);
    }
  }

  /** Written by another format revision, or another library version. */
  public static final class VersionMismatch extends DrystoneException {
    private static final long serialVersionUID = 1;

    private VersionMismatch(Failure failure) {
      super(failure);
    }
  }

  /** Compare-and-set found another version. */
  public static final class Conflict extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Conflict(Failure failure) {
      super(failure);
    }
  }

  /** The bound on attempts or time was reached. */
  public static final class TimedOut extends DrystoneException {
    private static final long serialVersionUID = 1;

    private TimedOut(Failure failure) {
      super(failure);
    }
  }

  /** The operating system reported an error. */
  public static final class Io extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Io(Failure failure) {
      super(failure);
    }
  }

  /** This system, kind or layout cannot do it. */
  public static final class Unsupported extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Unsupported(Failure failure) {
      super(failure);
    }
  }

  /** The object was closed. */
  public static final class Closed extends DrystoneException {
    private static final long serialVersionUID = 1;

    private Closed(Failure failure) {
      super(failure);
    }
  }
}
