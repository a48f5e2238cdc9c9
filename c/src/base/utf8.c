/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>

/* Length of the sequence that starts with `lead`, and the range of its second byte; 0: no such lead byte. */
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high) {
  *low = 0x80;
  *high = 0xbf;
  if (lead >= 0x01 && lead <= 0x7f) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead == 0xe0) *low = 0xa0;  /* shorter forms exist */
  if (lead == 0xed) *high = 0x9f; /* surrogates */
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead == 0xf0) *low = 0x90;
  if (lead == 0xf4) *high = 0x8f; /* beyond U+10FFFF */
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool dryi_utf8_valid(const char *text, size_t bytes) {
  const uint8_t *p = (const uint8_t *)text;
  size_t i = 0;
  while (i < bytes) {
    uint8_t low, high;
    size_t n = sequence(p[i], &low, &high);
    if (n == 0 || n > bytes - i) return false;
    for (size_t k = 1; k < n; k++) {
      uint8_t from = k == 1 ? low : 0x80, to = k == 1 ? high : 0xbf;
      if (p[i + k] < from || p[i + k] > to) return false;
    }
    i += n;
  }
  return true;
}
