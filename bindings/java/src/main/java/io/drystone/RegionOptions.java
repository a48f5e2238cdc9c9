// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * What a region is made or opened with. Start with {@link #DEFAULT}.
 *
 * @param partCapacity how many parts it can hold, up to 1,024; 0 stands for 24
 * @param permissions mode bits of a new file or object, exactly, whatever the umask; 0 stands for 0600
 * @param prefault touches every page at once, so that no later write pays for its first touch
 * @param hugePages asks for transparent huge pages; a refusal is no error
 * @param takeOver opens for writing although a writer holds the lock: that writer's next change fails as stale
 */
public record RegionOptions(int partCapacity, int permissions, boolean prefault, boolean hugePages, boolean takeOver) {
  /** What calls without options use. */
  public static final RegionOptions DEFAULT = new RegionOptions(0, 0, false, false, false);

  /** The same with that many parts. */
  public RegionOptions withPartCapacity(int parts) {
    return new RegionOptions(parts, permissions, prefault, hugePages, takeOver);
  }

  /** The same with those mode bits. */
  public RegionOptions withPermissions(int bits) {
    return new RegionOptions(partCapacity, bits, prefault, hugePages, takeOver);
  }

  /** The same, with every page touched at once. */
  public RegionOptions withPrefault() {
    return new RegionOptions(partCapacity, permissions, true, hugePages, takeOver);
  }

  /** The same, with transparent huge pages asked for. */
  public RegionOptions withHugePages() {
    return new RegionOptions(partCapacity, permissions, prefault, true, takeOver);
  }

  /** The same, for opening in place of another writer. */
  public RegionOptions withTakeOver() {
    return new RegionOptions(partCapacity, permissions, prefault, hugePages, true);
  }

  int flags() {
    return (prefault ? Layout.REGION_PREFAULT : 0)
        | (hugePages ? Layout.REGION_HUGE_PAGES : 0)
        | (takeOver ? Layout.REGION_TAKE_OVER : 0);
  }
}
