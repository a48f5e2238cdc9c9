/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * wipe_test.c: the compiler does not drop the zeros that DRY_MEMORY_WIPE writes, even where it sees that the memory is freed
 * next: in the amalgamation all is in one file, and the object goes straight to free(). The linker puts __wrap_free in its
 * place, which looks at what it is given.
 */
#include <stdio.h>
#include <string.h>

#include "drystone.h"

#define BYTES 5000 /* from the heap: more than the largest class */

void __real_free(void *memory);
void __wrap_free(void *memory);

static void *watched;
static int zeros = -1;

void __wrap_free(void *memory) {
  if (memory && memory == watched) {
    const volatile unsigned char *bytes = memory;
    zeros = 1;
    for (int i = 0; i < BYTES; i++)
      if (bytes[i] != 0) zeros = 0;
  }
  __real_free(memory);
}

/* Takes an object, puts a secret into it and gives it back; whether it was zeros when it was freed, -1: it was not. */
static int give_back(uint32_t flags) {
  dry_slab slab = {0};
  const dry_slab_options options = {.struct_size = sizeof options, .flags = flags, .bytes = 4096};
  zeros = -1;
  if (dry_slab_create(&options, &slab, NULL) || dry_slab_alloc(&slab, BYTES, &watched, NULL)) return -2;
  memset(watched, 's', BYTES);
  if (dry_slab_free(&slab, watched) || dry_slab_close(&slab)) return -3;
  return zeros;
}

int main(void) {
  const int plain = give_back(0), wiped = give_back(DRY_MEMORY_WIPE);
  printf("without the flag %d, with it %d\n", plain, wiped);
  return plain == 0 && wiped == 1 ? 0 : 1;
}
