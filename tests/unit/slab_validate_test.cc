/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dry_slab_validate finds each way in which pages, lists and counts can disagree. */
#include <functional>
#include <string>

#include "memory/slab_internal.h"
#include "tests/support/slab.h"

namespace {

using support::Slab;

/** A slab with two pages of 64-byte objects, one of them full, a page of 8-byte objects, and two free pages. */
class SlabValidate : public testing::Test {
 protected:
  SlabValidate() : slab(6 * 4096) {
    for (int i = 0; i < 65; i++) slab.Take(64);
    slab.Take(8);
    uint8_t *one = slab.Take(512), *two = slab.Take(4096);
    EXPECT_STATUS(DRY_OK, slab.Free(one));
    EXPECT_STATUS(DRY_OK, slab.Free(two));
    EXPECT_STATUS(DRY_OK, slab.Validate()) << slab.detail.text;
    slab.DoNotValidate();
  }

  /** Damages the structure, expects to be told of it, and undoes the damage. */
  void Finds(const std::string &cause, const std::function<void(dryi_slab_state *)> &damage) {
    auto *state = static_cast<dryi_slab_state *>(slab.handle.state);
    const dryi_slab_state saved = *state;
    dryi_slab_page pages[6];
    for (int i = 0; i < 6; i++) pages[i] = state->pages[i];
    damage(state);
    EXPECT_STATUS(DRY_CORRUPT, slab.Validate()) << cause;
    EXPECT_NE(std::string::npos, std::string(slab.detail.text).find(cause)) << slab.detail.text;
    *state = saved;
    for (int i = 0; i < 6; i++) state->pages[i] = pages[i];
    EXPECT_STATUS(DRY_OK, slab.Validate()) << slab.detail.text;
    EXPECT_STREQ("", slab.detail.text);
  }

  Slab slab;
};

TEST_F(SlabValidate, FindsBitsThatDisagreeWithTheCount) {
  Finds("page 0: the count of objects", [](dryi_slab_state *s) { s->pages[0].in_use--; });
  Finds("page 1: the count of objects", [](dryi_slab_state *s) { s->pages[1].used[0] |= 2; });
  Finds("page 2: an object beyond", [](dryi_slab_state *s) {
    s->pages[2].kind = 4;
    s->pages[2].used[3] = 0;
  });
}

TEST_F(SlabValidate, FindsWrongBitsOfFullWords) {
  Finds("page 0: the bits of full words", [](dryi_slab_state *s) { s->pages[0].full_words ^= 1; });
  Finds("page 2: the bits of full words", [](dryi_slab_state *s) { s->pages[2].full_words ^= 0x80; });
}

TEST_F(SlabValidate, FindsAPageOfNoClass) {
  Finds("page 3: it is of no class", [](dryi_slab_state *s) { s->pages[3].kind = 0; });
  Finds("page 0: it is of no class", [](dryi_slab_state *s) { s->pages[0].kind = 11; });
}

TEST_F(SlabValidate, FindsWrongCountsOfAClass) {
  Finds("the counts of class 64", [](dryi_slab_state *s) { s->classes[3].in_use++; });
  Finds("the counts of class 8", [](dryi_slab_state *s) { s->classes[0].pages = 0; });
  Finds("more pages are used than there are", [](dryi_slab_state *s) { s->fresh = 7; });
}

TEST_F(SlabValidate, FindsBrokenLists) {
  Finds("ends too early", [](dryi_slab_state *s) { s->classes[3].with_room = DRYI_SLAB_NO_PAGE; });
  Finds("page 0: it is in a list where it does not belong", [](dryi_slab_state *s) { s->classes[3].with_room = 0; });
  Finds("page 1: it is in a list where it does not belong", [](dryi_slab_state *s) { s->pages[1].before = 2; });
  Finds("does not end", [](dryi_slab_state *s) { s->pages[1].next = 1; });
  Finds("ends too early", [](dryi_slab_state *s) { s->free_page = DRYI_SLAB_NO_PAGE; });
  Finds("page 2: it is in a list where it does not belong", [](dryi_slab_state *s) { s->free_page = 2; });
  Finds("does not end", [](dryi_slab_state *s) {
    s->pages[3].next = 4;
    s->pages[4].next = 3;
  });
}

}  // namespace
