// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * A value and the number of the write that made it.
 *
 * @param value a copy that is the caller's
 * @param version for {@link Kv#replace}
 */
public record Versioned(byte[] value, long version) {}
