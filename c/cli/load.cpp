// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone load
#include <cstdio>
#include <memory>
#include <string>

#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "format.h"
#include "progress.h"
#include "stamp.h"
#include "target.h"
#include "text.h"

namespace cli {
namespace {

struct LoadOptions {
  std::string region;
  std::string file = "-";
  std::string part;
  std::string format;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  bool create = false;
  bool header = false;
  bool stamp = false;
  bool keep_going = false;
  bool progress = false;
  bool quiet = false;
};

// What a file holds, found by reading it once.
struct Survey {
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

std::string row_name(const Input &input, uint64_t line) { return input.name() + ":" + std::to_string(line); }

// Rows of one input, checked, in the shape in which they are stored.
class Rows {
 public:
  explicit Rows(const LoadOptions &options)
      : input(options.file), options_(options), format_(choose_format(options.format, options.file)) {
    if (!options.header) return;
    if (format_ == Format::kJsonLines) throw Failure(kBadInput, "--header: JSON Lines have no header line");
    Record header;
    if (read_record(format_, input, header)) return;
    throw Failure(kBadInput, input.name() + ": empty, where --header expects a header line");
  }

  // False at the end. Throws BadRow.
  bool next(Record &record) {
    if (!read_record(format_, input, record)) return false;
    if (record.key.empty()) throw BadRow(record.line, "the key is empty");
    if (record.key.size() > DRY_KV_KEY_BYTES_MAX) {
      throw BadRow(record.line, "the key has " + counted(record.key.size(), "byte") + "; at most " +
                                    grouped(DRY_KV_KEY_BYTES_MAX) + " are allowed");
    }
    const uint64_t room = DRY_KV_VALUE_BYTES_MAX - (options_.stamp ? kStampBytes : 0);
    if (record.value.size() > room) throw BadRow(record.line, "the value is longer than " + counted(room, "byte"));
    if (options_.stamp) record.value = stamped(record.key, record.value);
    return true;
  }

  Input input;

 private:
  const LoadOptions &options_;
  Format format_;
};

// Loads rows into a part and reports on it.
class Loader {
 public:
  Loader(const LoadOptions &options, dry_kv_writer *writer, const PartName &part)
      : options_(options), writer_(writer), part_(part) {}

  void run() {
    Rows rows(options_);
    const bool show = options_.progress || (!options_.quiet && isatty(STDERR_FILENO) == 1);
    {
      Progress progress(show, rows.input.size_bytes());
      while (step(rows)) progress.update(rows.input.position(), loaded_);
      progress.finish(rows.input.position(), loaded_);
    }
    if (refused_ > 0) {
      throw Failure(kBadInput, rows.input.name() + ": " + counted(refused_, "bad row") + " left out, " +
                                   counted(loaded_, "row") + " loaded into " + part_.shown);
    }
    if (!options_.quiet) {
      std::fprintf(stderr, "drystone: loaded %s from %s into %s\n", counted(loaded_, "row").c_str(),
                   rows.input.name().c_str(), part_.shown.c_str());
    }
  }

 private:
  // One row; false at the end.
  bool step(Rows &rows) {
    Record record;
    try {
      if (!rows.next(record)) return false;
    } catch (const BadRow &bad) {
      refuse(rows, bad);
      return true;
    }
    const dry_status status = dry_kv_put(writer_, record.key.data(), record.key.size(), record.value.data(),
                                         record.value.size(), nullptr);
    if (status != DRY_OK) {
      throw Failure(status, row_name(rows.input, record.line) + ": " + part_.shown + ": " + dry_status_name(status) +
                                ": " + dry_status_text(status) + "; " + so_far());
    }
    loaded_++;
    return true;
  }

  void refuse(const Rows &rows, const BadRow &bad) {
    const std::string message = row_name(rows.input, bad.line()) + ": " + bad.what();
    if (!options_.keep_going) throw Failure(kBadInput, message + "; " + so_far());
    std::fprintf(stderr, "drystone: %s\n", message.c_str());
    refused_++;
  }

  std::string so_far() const { return counted(loaded_, "row") + " loaded before it, none after"; }

  const LoadOptions &options_;
  dry_kv_writer *writer_;
  const PartName &part_;
  uint64_t loaded_ = 0;
  uint64_t refused_ = 0;
};

// Reads the whole file ahead of creating anything, so that a bad row leaves no region behind.
Survey survey(const LoadOptions &options) {
  Rows rows(options);
  if (!rows.input.repeatable()) {
    throw Failure(kBadInput, rows.input.name() +
                                 ": its size cannot be known beforehand; say --entries and --bytes with --create");
  }
  Survey found;
  for (;;) {
    Record record;
    try {
      if (!rows.next(record)) return found;
    } catch (const BadRow &bad) {
      if (options.keep_going) continue;
      throw Failure(kBadInput,
                    row_name(rows.input, bad.line()) + ": " + bad.what() + "; nothing was created or loaded");
    }
    found.rows++;
    found.bytes += record.key.size() + record.value.size();
  }
}

// Room for the file's rows, and an eighth more keys and a quarter more bytes for changes later.
dry_kv_options planned_part(const LoadOptions &options) {
  Survey found;
  if (options.entries == 0 || options.bytes == 0) found = survey(options);
  const uint64_t entries = found.rows + found.rows / 8 + 16;
  const uint64_t bytes = found.bytes + found.bytes / 4 + 4096;
  return kv_options(options.entries != 0 ? options.entries : entries, options.bytes != 0 ? options.bytes : bytes);
}

// A region and the part to load into. What was made for a load that could not start is taken away again.
class Destination {
 public:
  explicit Destination(const LoadOptions &options) : name_(parse_region(options.region)) {
    try {
      region_ = open_region(name_, DRY_MODE_WRITE);
    } catch (const Failure &failure) {
      if (!options.create || failure.status() != DRY_NOT_FOUND) throw;
      make_region(options);
      return;
    }
    part = choose_part(name_, region_.get(), options.part);
    if (options.create && !has_part(name_, region_.get(), part.name)) {
      writer = create_kv(region_.get(), part, planned_part(options));
    } else {
      writer = open_writer(region_.get(), part);
    }
  }

  PartName part;
  WriterHandle writer;

 private:
  void make_region(const LoadOptions &options) {
    const dry_kv_options plan = planned_part(options);
    RegionPlan region_plan;
    region_plan.size_bytes = region_bytes_for(name_.shown, plan, 0);
    region_ = create_region(name_, region_plan);
    try {
      part = choose_part(name_, region_.get(), options.part);
      writer = create_kv(region_.get(), part, plan);
    } catch (const Failure &) {
      dry_region_unlink(name_.kind, name_.name.c_str(), nullptr);
      throw;
    }
  }

  RegionName name_;
  RegionHandle region_;
};

void run_load(const LoadOptions &options) {
  // A file that is not there, or of no known format, is to be found out before anything is made.
  choose_format(options.format, options.file);
  if (options.file != "-") Input probe(options.file);
  Destination destination(options);
  Loader(options, destination.writer.get(), destination.part).run();
}

}  // namespace

void add_load(CommandLine &line) {
  auto options = std::make_shared<LoadOptions>();
  Command command = line.add("load", "Put every row of a file into a part");
  command.region(options->region);
  command.argument("FILE", options->file, Command::kOptional,
                   "CSV, TSV or JSON Lines; \"-\", or left out, is standard input");
  command.part(options->part);
  command.format(options->format);
  command.flag("--create", options->create,
               "make the region or the part where it is not there yet; its size is estimated from FILE, with room to "
               "spare");
  command.number("--entries", options->entries, 1, DRY_KV_ENTRIES_MAX, "with --create: how many keys fit the part");
  command.size("--bytes", options->bytes, 1, DRY_KV_BYTES_MAX, "with --create: room for keys and values; 4K is 4 KiB");
  command.flag("--header", options->header, "the first row is a header: pass over it");
  command.flag("--stamp", options->stamp, "put a hash over key and value in front of each value; see dump --unstamp");
  command.flag("--keep-going", options->keep_going, "leave bad rows out and go on; the exit code is still 2");
  command.flag("--progress", options->progress, "show progress also where stderr is no terminal");
  command.flag("-q,--quiet", options->quiet, "say nothing unless it fails");
  command.needs("--entries", "--create");
  command.needs("--bytes", "--create");
  command.excludes("--quiet", "--progress");
  command.finish("A row with a key that is there already replaces its value. At a bad row (exit code 2) it stops:\n"
                 "the message names file, line and cause, and how many rows were loaded before it.\n\n"
                 "Example:\n"
                 "  drystone load shm:words words.tsv --create\n"
                 "  drystone load fruit.region --format csv --create --entries 100 --bytes 4K <fruit.csv",
                 [options] { run_load(*options); });
}

}  // namespace cli
