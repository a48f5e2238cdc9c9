// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * One object that nobody has released; see {@link Pool#leaks}.
 *
 * @param slot which one
 * @param sizeBytes how large
 * @param site class, method and line that took it; empty where that was not tracked
 */
public record Leak(int slot, long sizeBytes, String site) {}
