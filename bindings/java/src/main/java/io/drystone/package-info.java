// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Regions of memory that processes in C, Rust, Go and Java share, the key-value stores and pools in them, and building
 * blocks of memory for one process.
 *
 * <p>Start with {@link io.drystone.Region}, or for memory blocks with {@link io.drystone.Arena}, {@link
 * io.drystone.Scratch}, {@link io.drystone.Pool}, {@link io.drystone.SharedPool}, {@link io.drystone.IndexMap}, {@link
 * io.drystone.ObjectPool}, {@link io.drystone.BufferPool} or {@link io.drystone.Slab}. Everything that fails throws a {@link io.drystone.DrystoneException}, one
 * subclass for each cause. Numbers of 64 bits are unsigned in a region: print them with {@link
 * Long#toUnsignedString(long)} should they ever be negative.
 */
package io.drystone;
