/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* utf8.h: whether bytes are well-formed UTF-8 (RFC 3629) without NUL: what names must be. */
#ifndef DRYI_BASE_UTF8_H
#define DRYI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arith.h"

DRYI_LOCAL bool dryi_utf8_valid(const char *text, size_t bytes);

#endif
