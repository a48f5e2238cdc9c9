// SPDX-License-Identifier: MIT OR Apache-2.0
// The conformance runner of the C API: replays scenarios and writes transcripts; see tests/conformance/README.md.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "expectation.h"
#include "world.h"

namespace {

enum class Outcome { kPassed, kFailed, kMalformed };

struct CommandLine {
  std::string transcripts;
  std::vector<std::string> files;
};

struct Scenario {
  std::string file;
  std::string name;
  Json steps;
};

// Where a scenario is wrong: the step that was being looked at.
struct MalformedStep : Malformed {
  MalformedStep(uint64_t number, const Malformed &cause)
      : Malformed("step " + std::to_string(number) + ": " + cause.what()) {}
};

std::string read_text(const std::string &file) {
  try {
    std::ifstream stream;
    stream.exceptions(std::ios::failbit | std::ios::badbit);
    stream.open(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  } catch (const std::ios_base::failure &error) {
    throw Malformed(std::string("cannot be read: ") + error.what());
  }
}

Json read_json(const std::string &file) {
  const std::string text = read_text(file);
  if (text.compare(0, 3, "\xef\xbb\xbf") == 0) throw Malformed("starts with a byte order mark");
  try {
    return Json::parse(text);
  } catch (const Json::exception &error) {
    throw Malformed(error.what());
  }
}

void check_steps(const Json &steps) {
  uint64_t number = 0;
  try {
    for_each_step(steps, true, [&number](const Json &step) {
      parse_step(step);
      number++;
    });
  } catch (const Malformed &cause) {
    throw MalformedStep(number + 1, cause);
  }
}

Scenario read_scenario(const std::string &file) {
  const Json json = read_json(file);
  if (!json.is_object()) throw Malformed("a scenario must be an object");
  allow_members(json, {"name", "about", "steps"});
  if (!json.contains("name") || !json.contains("steps")) throw Malformed("a scenario needs \"name\" and \"steps\"");
  parse_text(json.value("about", Json("")), "\"about\"");
  Scenario scenario{file, parse_text(json["name"], "\"name\""), json["steps"]};
  if (scenario.name.empty()) throw Malformed("\"name\" is empty");
  if (!scenario.steps.is_array()) throw Malformed("\"steps\" must be an array");
  check_steps(scenario.steps);
  return scenario;
}

Json run_step(World &world, const Step &step) {
  try {
    return step.operation->run(world, step);
  } catch (const Failure &failure) {
    return {{"error", dry_status_name(failure.status)}};
  }
}

// Thrown to leave a scenario at the first expectation that does not hold.
struct Mismatch {};

void run_steps(const Scenario &scenario, std::ostream &transcript) {
  World world;
  uint64_t number = 1;
  const auto visit = [&](const Json &json) {
    const Step step = parse_step(json);
    const Json result = run_step(world, step);
    transcript << canonical_text(result) << '\n';
    if (!expectation_holds(*step.operation, step.expect, result)) {
      std::cout << "FAIL " << scenario.name << " step " << number << " c: " << step.operation->name << ": expected "
                << canonical_text(step.expect) << " got " << canonical_text(result) << '\n';
      throw Mismatch{};
    }
    number++;
  };
  try {
    for_each_step(scenario.steps, false, visit);
  } catch (const Malformed &cause) {
    throw MalformedStep(number, cause);
  }
}

std::string transcript_name(const std::string &name) {
  static const std::string kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  std::string text = name;
  for (char &c : text) {
    if (kept.find(c) == std::string::npos) c = '_';
  }
  return text + ".transcript";
}

std::ofstream open_transcript(const std::string &directory, const std::string &name) {
  std::ofstream stream;
  if (directory.empty()) return stream;  // Not open: what is written to it goes nowhere.
  std::filesystem::create_directories(directory);
  stream.open(std::filesystem::path(directory) / transcript_name(name), std::ios::binary | std::ios::trunc);
  if (!stream) throw std::runtime_error("cannot write a transcript into " + directory);
  return stream;
}

Outcome run_file(const std::string &file, const std::string &transcripts) {
  try {
    const Scenario scenario = read_scenario(file);
    std::ofstream transcript = open_transcript(transcripts, scenario.name);
    run_steps(scenario, transcript);
    return Outcome::kPassed;
  } catch (const Mismatch &) {
    return Outcome::kFailed;
  } catch (const Malformed &cause) {
    std::cerr << file << ": " << cause.what() << '\n';
    return Outcome::kMalformed;
  }
}

int run_all(const CommandLine &command) {
  int exit_status = 0;
  uint64_t passed = 0;
  for (const std::string &file : command.files) {
    const Outcome outcome = run_file(file, command.transcripts);
    passed += outcome == Outcome::kPassed;
    exit_status = std::max(exit_status, static_cast<int>(outcome));
  }
  std::cout << "c: " << passed << " passed, " << command.files.size() - passed << " failed" << std::endl;
  return exit_status;
}

bool parse_command_line(int argc, char **argv, CommandLine &command) {
  for (int i = 1; i < argc; i++) {
    const std::string argument = argv[i];
    if (argument == "--transcripts" && i + 1 < argc) {
      command.transcripts = argv[++i];
    } else if (argument.compare(0, 1, "-") == 0) {
      return false;
    } else {
      command.files.push_back(argument);
    }
  }
  return !command.files.empty();
}

}  // namespace

int main(int argc, char **argv) {
  CommandLine command;
  if (!parse_command_line(argc, argv, command)) {
    std::cerr << "usage: runner [--transcripts DIR] FILE...\n";
    return 2;
  }
  try {
    return run_all(command);
  } catch (const std::exception &error) {
    std::cerr << "runner: " << error.what() << '\n';
    return 2;
  }
}
