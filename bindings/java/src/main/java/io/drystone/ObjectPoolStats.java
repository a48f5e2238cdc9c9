// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * Facts on an {@link ObjectPool}.
 *
 * @param capacity objects that it can hold
 * @param inUse objects in it
 * @param peak the most that were in it at once
 * @param destroyed objects that are gone since creation
 * @param retired slots whose generations are used up
 * @param failures requests that found no free slot
 * @param sizeBytes memory of the handles, in use and free
 */
public record ObjectPoolStats(
    long capacity, long inUse, long peak, long destroyed, long retired, long failures, long sizeBytes) {}
