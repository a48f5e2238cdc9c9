// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone copy, drystone unlink: whole regions
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "failure.h"
#include "target.h"

namespace cli {
namespace {

struct CopyOptions {
  std::string from;
  std::string to;
};

// A folder of our own that goes with everything in it that we know of.
class ScratchImage {
 public:
  ScratchImage() {
    const char *base = std::getenv("TMPDIR");
    folder_ = std::string(base != nullptr && base[0] != '\0' ? base : "/tmp") + "/drystone-copy.XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) fail_with_errno(folder_, errno);
    path = folder_ + "/image";
  }
  ~ScratchImage() {
    ::unlink(path.c_str());
    rmdir(folder_.c_str());
  }
  ScratchImage(const ScratchImage &) = delete;
  ScratchImage &operator=(const ScratchImage &) = delete;
  std::string path;

 private:
  std::string folder_;
};

void save(dry_region *region, const RegionName &from, const std::string &path) {
  dry_detail detail{};
  check(dry_region_save(region, path.c_str(), &detail), from.shown, &detail);
}

void load_image(const std::string &path, const RegionName &to) {
  dry_region_options options{};
  options.struct_size = sizeof options;
  options.kind = to.kind;
  options.name = to.name.c_str();
  const RegionHandle made(new dry_region{});
  dry_detail detail{};
  check(dry_region_load(path.c_str(), &options, made.get(), &detail), to.shown, &detail);
}

void run_copy(const CopyOptions &options) {
  const RegionName from = parse_region(options.from);
  const RegionName to = parse_region(options.to);
  const RegionHandle region = open_region(from, DRY_MODE_READ);
  if (to.kind == DRY_REGION_SHARED) {
    const ScratchImage image;
    save(region.get(), from, image.path);
    return load_image(image.path, to);
  }
  struct stat facts;
  if (lstat(to.name.c_str(), &facts) == 0) check(DRY_ALREADY_EXISTS, to.shown);
  save(region.get(), from, to.name);
}

}  // namespace

void add_copy_and_unlink(CLI::App &app) {
  auto copy_options = std::make_shared<CopyOptions>();
  CLI::App *copy = app.add_subcommand("copy", "Copy a region that no writer has open; to a file: as a sealed image");
  copy->add_option("REGION", copy_options->from, "what to copy")->required();
  copy->add_option("TO", copy_options->to, "a region that is not there yet: file:PATH, a path, or shm:NAME")
      ->required();
  copy->footer("Example:\n"
               "  drystone copy shm:prices prices-today.region\n"
               "  drystone copy prices-today.region shm:prices-replay");
  copy->callback([copy_options] { run_copy(*copy_options); });

  auto region = std::make_shared<std::string>();
  CLI::App *unlink = app.add_subcommand("unlink", "Remove a region's name; whoever has it open keeps it");
  add_region(unlink, *region);
  unlink->footer("Example:\n"
                 "  drystone unlink shm:prices");
  unlink->callback([region] { unlink_region(parse_region(*region)); });
}

}  // namespace cli
