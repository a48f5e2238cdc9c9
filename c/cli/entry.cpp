// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone get, put, delete: one entry
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "entries.h"
#include "failure.h"
#include "input.h"
#include "output.h"
#include "target.h"
#include "text.h"

namespace cli {
namespace {

struct EntryOptions {
  std::string region;
  std::string part;
  std::string key;
  std::optional<std::string> value;
  std::optional<uint64_t> if_version;
  bool only_new = false;
  bool hex = false;
  bool print_version = false;
};

// The key's bytes. What the library would refuse is refused here too, where the message can say which argument it was.
std::string key_bytes(const EntryOptions &options) {
  std::string key = options.key;
  if (options.hex) {
    auto bytes = from_hex(options.key);
    if (!bytes) throw Failure(kBadInput, "KEY " + legible(options.key) + ": not an even number of hexadecimal digits");
    key = std::move(*bytes);
  }
  if (key.empty()) throw Failure(kBadInput, "KEY is empty");
  if (key.size() > DRY_KV_KEY_BYTES_MAX) {
    throw Failure(kBadInput, "KEY has " + counted(key.size(), "byte") + "; at most " + grouped(DRY_KV_KEY_BYTES_MAX) +
                                 " are allowed");
  }
  return key;
}

std::string key_name(const PartName &part, const std::string &key) { return part.shown + ": key " + legible(key); }

std::string value_bytes(const EntryOptions &options) {
  if (options.value) return *options.value;
  Input input("-");
  return read_all(input);
}

void print_version(uint64_t version) { print(std::to_string(version) + "\n"); }

void run_get(const EntryOptions &options) {
  const std::string key = key_bytes(options);
  const Source source(options.region, options.part);
  Entry entry;
  if (!find(source.reader.get(), source.part, key, entry)) {
    throw Failure(DRY_NOT_FOUND, key_name(source.part, key) + ": not found");
  }
  if (options.print_version) return print_version(entry.version);
  print(entry.value);
}

std::string why_not_put(dry_status status, const EntryOptions &options) {
  if (status == DRY_CONFLICT) return "its version is not " + std::to_string(*options.if_version);
  return dry_status_text(status);
}

void run_put(const EntryOptions &options) {
  const std::string key = key_bytes(options);
  // Read before the region is opened: waiting for someone to type must not keep other writers out.
  const std::string value = value_bytes(options);
  const Sink sink(options.region, options.part);
  dry_kv_writer *writer = sink.writer.get();
  uint64_t version = 0;
  dry_status status;
  if (options.if_version) {
    status = dry_kv_replace(writer, key.data(), key.size(), value.data(), value.size(), *options.if_version, &version);
  } else {
    const auto put = options.only_new ? dry_kv_put_new : dry_kv_put;
    status = put(writer, key.data(), key.size(), value.data(), value.size(), &version);
  }
  if (status != DRY_OK) {
    throw Failure(status,
                  key_name(sink.part, key) + ": " + dry_status_name(status) + ": " + why_not_put(status, options));
  }
  if (options.print_version) print_version(version);
}

void run_delete(const EntryOptions &options) {
  const std::string key = key_bytes(options);
  const Sink sink(options.region, options.part);
  uint64_t version = 0;
  check(dry_kv_delete(sink.writer.get(), key.data(), key.size(), &version), key_name(sink.part, key));
  if (options.print_version) print_version(version);
}

Command add_command(CommandLine &line, const char *name, const char *about, EntryOptions &options) {
  Command command = line.add(name, about);
  command.region(options.region);
  command.argument("KEY", options.key, Command::kRequired, "the key; put -- in front of one that starts with a dash");
  command.part(options.part);
  command.flag("--hex", options.hex, "KEY is given in hexadecimal digits");
  return command;
}

void add_get(CommandLine &line) {
  auto options = std::make_shared<EntryOptions>();
  Command command = add_command(line, "get", "Print a key's value, byte for byte, with no line end added", *options);
  command.flag("--print-version", options->print_version, "print the entry's version instead of its value");
  command.finish("Exit code 1 when there is no such key.\n\n"
                 "Example:\n"
                 "  drystone get shm:prices EURUSD",
                 [options] { run_get(*options); });
}

void add_put(CommandLine &line) {
  auto options = std::make_shared<EntryOptions>();
  Command command = add_command(line, "put", "Set a key to a value", *options);
  command.argument("VALUE", options->value, "the value; left out, it is read from standard input, byte for byte");
  command.flag("--new", options->only_new, "only when the key is not there yet");
  command.number("--if-version", options->if_version, "only when the entry's version is N: compare and set");
  command.excludes("--if-version", "--new");
  command.flag("--print-version", options->print_version, "print the version that the entry has got");
  command.finish("Exit code 1 when --new finds the key there, or --if-version another version or none.\n\n"
                 "Example:\n"
                 "  drystone put shm:prices EURUSD 1.0845\n"
                 "  drystone put notes.region readme <README.md",
                 [options] { run_put(*options); });
}

void add_delete(CommandLine &line) {
  auto options = std::make_shared<EntryOptions>();
  Command command = add_command(line, "delete", "Remove a key", *options);
  command.flag("--print-version", options->print_version, "print the version that the removal has taken");
  command.finish("Exit code 1 when there is no such key.\n\n"
                 "Example:\n"
                 "  drystone delete shm:prices EURUSD",
                 [options] { run_delete(*options); });
}

}  // namespace

void add_get_put_delete(CommandLine &line) {
  add_get(line);
  add_put(line);
  add_delete(line);
}

}  // namespace cli
