/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* golden.h: images as text that a reviewer can read and a diff can show. */
#ifndef DRYSTONE_TESTS_LAYOUT_GOLDEN_H
#define DRYSTONE_TESTS_LAYOUT_GOLDEN_H

#include <string>
#include <vector>

#include "tests/support/region.h"

namespace golden {

/** "bytes N", then one line "offset: 32 hex digits" for every 16 bytes that are not all zero. */
std::string TextOf(const std::string &image);
/** The image that the text describes; lines that start with # are comments. */
std::string ImageOf(const std::string &text);

/** A private region for parts whose bytes are to be the same each time: its creation id is not random. */
void MakeRegion(support::Region *region, uint64_t size_bytes);

/** The bytes that the region has as an image. */
std::string ImageOf(support::Region *region);

/** A file of golden bytes: its path in the source tree, and what makes its text anew. */
struct File {
  const char *path;
  std::string (*text)();
};

/** Runs the tests, or with --regenerate rewrites the files in the source tree. */
int Main(int argc, char **argv, const std::vector<File> &files);

}  // namespace golden

#endif
