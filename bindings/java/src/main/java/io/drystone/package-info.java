// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Regions of memory that processes in C, Rust, Go and Java share, and the key-value stores in them.
 *
 * <p>Start with {@link io.drystone.Region}. Everything that fails throws a {@link io.drystone.DrystoneException}, one
 * subclass for each cause. Numbers of 64 bits are unsigned in a region: print them with {@link
 * Long#toUnsignedString(long)} should they ever be negative.
 */
package io.drystone;
