/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Replays tests/fuzz/corpus, and some thousand seeded mutations of it, without a fuzzer: so every compiler and sanitizer
 * sees them. DRYSTONE_TEST_SCALE makes more of them.
 *
 *     bazel run //tests/fuzz:replay_test -- --regenerate     # rewrites the corpus' seeds after a change of the format
 *     bazel run //tests/fuzz:replay_test -- FILE ...         # replays these files
 */
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <vector>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/region_fuzz.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

const char kCorpus[] = "tests/fuzz/corpus";

fuzz::Reached Replay(const std::string &input) {
  return fuzz::Run(reinterpret_cast<const uint8_t *>(input.data()), input.size());
}

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto &entry : std::filesystem::directory_iterator(kCorpus)) files.push_back(entry.path());
  return files;
}

TEST(Fuzz, ReplaysTheCorpus) {
  const auto files = CorpusFiles();
  EXPECT_GT(files.size(), 20u);
  for (const auto &file : files) {
    SCOPED_TRACE(file.string());
    const fuzz::Reached reached = Replay(support::ReadFile(file.string()));
    const std::string name = file.filename().string();
    if (name.rfind("sound", 0) != 0) continue;
    EXPECT_TRUE(reached.opened && reached.verified) << "the format has changed: regenerate the corpus";
    if (name.find("empty") == std::string::npos) {
      EXPECT_TRUE(reached.read && reached.written) << "an input that gets nowhere tests nothing";
    }
  }
}

TEST(Fuzz, TheSeedsAreWhatTheLibraryMakesToday) {
  for (const auto &[name, input] : fuzz::MakeCorpus()) {
    EXPECT_TRUE(input == support::ReadFile(kCorpus + ("/" + name))) << name << ": regenerate the corpus";
  }
}

TEST(Fuzz, SurvivesMutations) {
  std::vector<std::string> inputs;
  for (const auto &[name, input] : fuzz::MakeCorpus()) inputs.push_back(input);
  for (uint64_t seed : support::Seeds()) {
    std::cout << "seed " << seed << std::endl;
    support::Random random(seed);
    uint64_t opened = 0;
    const uint64_t rounds = support::Scaled(3000);
    for (uint64_t i = 0; i < rounds; i++) {
      std::string input = inputs[random.Below(inputs.size())];
      do input = fuzz::Mutated(input, &random);
      while (random.OneIn(2));
      opened += Replay(input).opened;
    }
    EXPECT_GT(opened, rounds / 10) << "most inputs must get behind the front door";
  }
}

int Regenerate() {
  const char *workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::string folder = workspace == nullptr ? kCorpus : std::string(workspace) + "/" + kCorpus;
  for (const auto &[name, input] : fuzz::MakeCorpus()) support::WriteFile(folder + "/" + name, input);
  std::cout << "wrote " << folder << "\n";
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 2 && std::strcmp(argv[1], "--regenerate") == 0) return Regenerate();
  for (int i = 1; i < argc; i++) Replay(support::ReadFile(argv[i]));
  return argc > 1 ? 0 : RUN_ALL_TESTS();
}
