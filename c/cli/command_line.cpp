// SPDX-License-Identifier: MIT OR Apache-2.0
#include "command_line.h"

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "failure.h"
#include "output.h"

namespace cli {
namespace {

// CLI11 alone takes "" for 0 and "010" for 8.
std::string refuse_unless_whole_number(const std::string &text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const bool padded = text.size() > 1 && text[0] == '0';
  errno = 0;
  std::strtoull(text.c_str(), nullptr, 10);
  return digits && !padded && errno == 0 ? "" : "'" + text + "' is not a whole number that fits 64 bits";
}

}  // namespace

void Command::argument(const char *name, std::string &out, Need need, const char *about) {
  app_->add_option(name, out, about)->required(need == kRequired);
}

void Command::argument(const char *name, std::optional<std::string> &out, const char *about) {
  app_->add_option(name, out, about);
}

void Command::flag(const char *names, bool &out, const char *about) { app_->add_flag(names, out, about); }

void Command::text(const char *name, std::string &out, const char *placeholder, const char *about) {
  app_->add_option(name, out, about)->option_text(placeholder);
}

void Command::number(const char *name, uint64_t &out, uint64_t least, uint64_t most, const char *about) {
  app_->add_option(name, out, about)
      ->check(refuse_unless_whole_number)
      ->check(CLI::Range(least, most))
      ->option_text("N");
}

void Command::number(const char *name, std::optional<uint64_t> &out, const char *about) {
  app_->add_option(name, out, about)->check(refuse_unless_whole_number)->option_text("N");
}

void Command::size(const char *name, uint64_t &out, uint64_t least, uint64_t most, const char *about) {
  app_->add_option(name, out, about)
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(least, most))
      ->option_text("BYTES");
}

void Command::region(std::string &out) {
  argument("REGION", out, kRequired, "file:PATH or a plain path, or shm:NAME for named shared memory");
}

void Command::part(std::string &out) {
  text("--part", out, "NAME", "the part in the region; without it the only kv part, else \"kv\"");
}

void Command::format(std::string &out) {
  app_->add_option("--format", out, "csv, tsv or jsonl; without it by the file's extension, tsv for \"-\"")
      ->check(CLI::IsMember({"csv", "tsv", "jsonl"}))
      ->option_text("FORMAT");
}

void Command::needs(const char *option, const char *other) {
  app_->get_option(option)->needs(app_->get_option(other));
}

void Command::excludes(const char *option, const char *other) {
  app_->get_option(option)->excludes(app_->get_option(other));
}

void Command::finish(const char *footer, std::function<void()> run) {
  app_->footer(footer);
  app_->callback(std::move(run));
}

CommandLine::CommandLine(const char *name, const std::string &version, const char *about, const std::string &footer)
    : app_(std::make_unique<CLI::App>(about, name)) {
  app_->footer(footer);
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::add(const char *name, const char *about) { return Command(app_->add_subcommand(name, about)); }

void CommandLine::run(int argc, char **argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    // CLI11 ends a parse by throwing for help as well as for mistakes.
    if (error.get_exit_code() != 0) {
      throw Failure(kBadInput, std::string(error.what()) + "\nRun with --help for how it is used.");
    }
    std::ostringstream help;
    app_->exit(error, help, help);
    print(help.str());
  }
}

}  // namespace cli
