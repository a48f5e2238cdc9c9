// SPDX-License-Identifier: MIT OR Apache-2.0
// Where results go: standard output, or a file that appears whole or not at all.
#ifndef DRYSTONE_CLI_OUTPUT_H
#define DRYSTONE_CLI_OUTPUT_H

#include <string>
#include <string_view>

namespace cli {

class Output {
 public:
  // `path` "-" is standard output. A regular file is written under a temporary name beside it and renamed by finish().
  explicit Output(const std::string &path);
  // Without finish() a file is left as it was.
  ~Output();
  Output(const Output &) = delete;
  Output &operator=(const Output &) = delete;

  // Failure on a write error; ReaderGone when the reader of a pipe has gone.
  void write(std::string_view bytes);
  // Hands over everything that was written. Only after it is the output known to be good.
  void finish();

 private:
  void flush();

  std::string path_;
  std::string name_;
  std::string temporary_;
  int descriptor_;
  std::string buffer_;
};

// One text to standard output.
void print(std::string_view text);

}  // namespace cli

#endif
