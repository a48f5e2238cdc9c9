// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * An entry as met while walking a store.
 *
 * @param key a copy that is the caller's
 * @param value likewise
 * @param version number of the write that made it
 */
public record Entry(byte[] key, byte[] value, long version) {}
