/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* corpus.h: inputs made from real regions, and what a mutation does to one. */
#ifndef DRYSTONE_TESTS_FUZZ_CORPUS_H
#define DRYSTONE_TESTS_FUZZ_CORPUS_H

#include <map>
#include <string>

#include "tests/support/random.h"

namespace fuzz {

/** Names and inputs. Those whose name starts with "sound" are regions that verify. */
std::map<std::string, std::string> MakeCorpus();

/** Changes some bytes, cuts, repeats, or sets a word to a number that is near a limit. */
std::string Mutated(std::string input, support::Random *random);

}  // namespace fuzz

#endif
