// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone dump, drystone scan
#include <memory>
#include <string>

#include "commands.h"
#include "entries.h"
#include "failure.h"
#include "format.h"
#include "output.h"
#include "stamp.h"
#include "target.h"
#include "text.h"

namespace cli {
namespace {

struct DumpOptions {
  std::string region;
  std::string file = "-";
  std::string part;
  std::string format;
  bool header = false;
  bool sort = false;
  bool unstamp = false;
};

struct ScanOptions {
  std::string region;
  std::string part;
  std::string prefix;
  uint64_t limit = 0;
  bool keys = false;
};

// Writes entries as rows.
class RowWriter {
 public:
  RowWriter(const DumpOptions &options, Output &out, const Source &source)
      : out_(out), source_(source), format_(choose_format(options.format, options.file)), unstamp_(options.unstamp) {
    if (!options.header) return;
    if (format_ == Format::kJsonLines) throw Failure(kBadInput, "--header: JSON Lines have no header line");
    write("key", "value");
  }

  void write(const Entry &entry) {
    if (!unstamp_) return write(entry.key, entry.value);
    if (!stamp_matches(entry.key, entry.value)) {
      throw Failure(kCorrupt,
                    source_.part.shown + ": key " + legible(entry.key) + ": the value does not carry its stamp");
    }
    write(entry.key, payload_of(entry.value));
  }

 private:
  void write(std::string_view key, std::string_view value) {
    row_.clear();
    append_record(format_, row_, key, value);
    out_.write(row_);
  }

  Output &out_;
  const Source &source_;
  Format format_;
  bool unstamp_;
  std::string row_;
};

void run_dump(const DumpOptions &options) {
  choose_format(options.format, options.file);
  const Source source(options.region, options.part);
  Output out(options.file);
  RowWriter rows(options, out, source);
  Entry entry;
  if (options.sort) {
    for (const std::string &key : sorted_keys(source.reader.get(), source.part, "", 0)) {
      // A key that was deleted since it was listed is no longer part of the picture.
      if (find(source.reader.get(), source.part, key, entry)) rows.write(entry);
    }
  } else {
    Walk walk(source.reader.get(), source.part, Walk::kKeysAndValues);
    while (walk.next(entry)) rows.write(entry);
  }
  out.finish();
}

void run_scan(const ScanOptions &options) {
  const Source source(options.region, options.part);
  Output out("-");
  Entry entry;
  for (const std::string &key : sorted_keys(source.reader.get(), source.part, options.prefix, options.limit)) {
    if (!find(source.reader.get(), source.part, key, entry)) continue;
    std::string row;
    append_tsv_field(row, entry.key);
    if (!options.keys) {
      row += '\t';
      append_tsv_field(row, entry.value);
    }
    out.write(row + '\n');
  }
  out.finish();
}

void add_dump(CommandLine &line) {
  auto options = std::make_shared<DumpOptions>();
  Command command = line.add("dump", "Write every entry of a part as a row");
  command.region(options->region);
  command.argument("FILE", options->file, Command::kOptional,
                   "where to; \"-\", or left out, is standard output. A file appears whole or not at all");
  command.part(options->part);
  command.format(options->format);
  command.flag("--header", options->header, "start with a header row: key, value");
  command.flag("--sort", options->sort, "in the order of the keys' bytes; needs memory for all keys");
  command.flag("--unstamp", options->unstamp, "check and take away what load --stamp put in front of each value");
  command.finish("Example:\n"
                 "  drystone dump shm:words words.jsonl --sort\n"
                 "  drystone dump prices.region --format csv --header | head",
                 [options] { run_dump(*options); });
}

void add_scan(CommandLine &line) {
  auto options = std::make_shared<ScanOptions>();
  Command command = line.add("scan", "List keys and values as TSV, in the order of the keys' bytes");
  command.region(options->region);
  command.part(options->part);
  command.text("--prefix", options->prefix, "TEXT", "only keys that start with it");
  command.number("--limit", options->limit, 1, UINT64_MAX, "only the first N");
  command.flag("--keys", options->keys, "keys only");
  command.finish("Example:\n"
                 "  drystone scan shm:words --prefix app --limit 20",
                 [options] { run_scan(*options); });
}

}  // namespace

void add_dump_and_scan(CommandLine &line) {
  add_dump(line);
  add_scan(line);
}

}  // namespace cli
