/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* golden.h: images as text that a reviewer can read and a diff can show. */
#ifndef DRYSTONE_TESTS_LAYOUT_GOLDEN_H
#define DRYSTONE_TESTS_LAYOUT_GOLDEN_H

#include <string>

namespace golden {

/** "bytes N", then one line "offset: 32 hex digits" for every 16 bytes that are not all zero. */
std::string TextOf(const std::string &image);
/** The image that the text describes; lines that start with # are comments. */
std::string ImageOf(const std::string &text);

}  // namespace golden

#endif
