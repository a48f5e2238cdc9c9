// SPDX-License-Identifier: MIT OR Apache-2.0
// The command line: subcommands with arguments and options. Only command_line.cpp knows CLI11, whose headers take long
// to compile.
#ifndef DRYSTONE_CLI_COMMAND_LINE_H
#define DRYSTONE_CLI_COMMAND_LINE_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace cli {

// One subcommand. What the functions are given to fill must live until the command line was parsed and run.
class Command {
 public:
  explicit Command(CLI::App *app) : app_(app) {}

  enum Need { kRequired, kOptional };
  void argument(const char *name, std::string &out, Need need, const char *about);
  void argument(const char *name, std::optional<std::string> &out, const char *about);
  void flag(const char *names, bool &out, const char *about);
  void text(const char *name, std::string &out, const char *placeholder, const char *about);
  // A number from `least` to `most` in decimal digits.
  void number(const char *name, uint64_t &out, uint64_t least, uint64_t most, const char *about);
  void number(const char *name, std::optional<uint64_t> &out, const char *about);
  // The same with a unit: 64M is 64 MiB.
  void size(const char *name, uint64_t &out, uint64_t least, uint64_t most, const char *about);

  // REGION, --part and --format, which many commands take.
  void region(std::string &out);
  void part(std::string &out);
  void format(std::string &out);

  void needs(const char *option, const char *other);
  void excludes(const char *option, const char *other);
  // What --help ends with, and what happens when the command was chosen.
  void finish(const char *footer, std::function<void()> run);

 private:
  CLI::App *app_;
};

class CommandLine {
 public:
  CommandLine(const char *name, const std::string &version, const char *about, const std::string &footer);
  ~CommandLine();
  Command add(const char *name, const char *about);
  // Parses, prints help, or runs the command that was chosen. A mistake is a Failure.
  void run(int argc, char **argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace cli

#endif
