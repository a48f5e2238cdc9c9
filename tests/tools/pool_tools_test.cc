/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A use of freed memory inside a pool, which is a use of memory that the process owns, is reported by both tools. */
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <string>

namespace {

struct Outcome {
  int code;
  std::string output;
};

Outcome Ran(const std::string &command) {
  Outcome outcome = {-1, ""};
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  for (size_t got; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) outcome.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

/** Where, guarded or not, and the mistake. */
struct Touch {
  const char *where, *guarded, *how;
};

std::string Arguments(const Touch &touch) {
  return std::string(" ") + touch.where + " " + touch.guarded + " " + touch.how;
}

const Touch kMistakes[] = {
    {"private", "plain", "read"},  {"private", "plain", "write"}, {"private", "plain", "batch"},
    {"private", "plain", "reset"}, {"private", "plain", "never"}, {"private", "guarded", "read"},
    {"private", "guarded", "beyond"}, {"span", "plain", "read"},  {"span", "guarded", "beyond"},
};

const Touch kClean[] = {{"private", "plain", "clean"}, {"private", "guarded", "clean"}, {"span", "plain", "clean"},
                        {"span", "guarded", "clean"}};

const char kAsan[] = "ASAN_OPTIONS=detect_leaks=0 tests/tools/touch_asan";

TEST(PoolUnderAddressSanitizer, ReportsEveryTouchOfWhatIsFree) {
  for (const Touch &touch : kMistakes) {
    const Outcome outcome = Ran(kAsan + Arguments(touch));
    EXPECT_NE(0, outcome.code) << Arguments(touch);
    EXPECT_NE(std::string::npos, outcome.output.find("use-after-poison")) << Arguments(touch) << "\n" << outcome.output;
    EXPECT_EQ(std::string::npos, outcome.output.find("went through"));
  }
}

TEST(PoolUnderAddressSanitizer, SaysNothingWhereNothingIsWrong) {
  for (const Touch &touch : kClean) {
    const Outcome outcome = Ran(kAsan + Arguments(touch));
    EXPECT_EQ(0, outcome.code) << Arguments(touch) << "\n" << outcome.output;
    EXPECT_EQ("went through\n", outcome.output) << Arguments(touch);
  }
}

bool HaveValgrind() { return Ran("valgrind --version").code == 0; }

/* Each run of valgrind takes a second or two. */
const Touch kSomeMistakes[] = {{"private", "plain", "read"}, {"private", "plain", "reset"}, {"private", "guarded", "beyond"},
                               {"span", "plain", "write"}};
const Touch kSomeClean[] = {{"private", "guarded", "clean"}, {"span", "plain", "clean"}};

const char kValgrind[] = "valgrind -q --error-exitcode=9 tests/tools/touch_valgrind";

TEST(PoolUnderValgrind, ReportsEveryTouchOfWhatIsFree) {
  if (!HaveValgrind()) GTEST_SKIP() << "valgrind is not installed";
  for (const Touch &touch : kSomeMistakes) {
    const Outcome outcome = Ran(kValgrind + Arguments(touch));
    EXPECT_EQ(9, outcome.code) << Arguments(touch) << "\n" << outcome.output;
    const bool reads = outcome.output.find("Invalid read") != std::string::npos;
    EXPECT_TRUE(reads || outcome.output.find("Invalid write") != std::string::npos) << Arguments(touch) << "\n"
                                                                                    << outcome.output;
  }
}

TEST(PoolUnderValgrind, SaysNothingWhereNothingIsWrong) {
  if (!HaveValgrind()) GTEST_SKIP() << "valgrind is not installed";
  for (const Touch &touch : kSomeClean) {
    const Outcome outcome = Ran(kValgrind + Arguments(touch));
    EXPECT_EQ(0, outcome.code) << Arguments(touch) << "\n" << outcome.output;
    EXPECT_EQ("went through\n", outcome.output) << Arguments(touch);
  }
}

}  // namespace
