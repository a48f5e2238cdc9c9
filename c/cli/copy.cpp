// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone copy, drystone unlink: whole regions
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

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

void add_copy_and_unlink(CommandLine &line) {
  auto options = std::make_shared<CopyOptions>();
  Command copy = line.add("copy", "Copy a region that no writer has open; to a file: as a sealed image");
  copy.argument("REGION", options->from, Command::kRequired, "what to copy");
  copy.argument("TO", options->to, Command::kRequired, "a region not there yet: file:PATH, a path, or shm:NAME");
  copy.finish("Example:\n"
              "  drystone copy shm:prices prices-today.region\n"
              "  drystone copy prices-today.region shm:prices-replay",
              [options] { run_copy(*options); });

  auto region = std::make_shared<std::string>();
  Command unlink = line.add("unlink", "Remove a region's name; whoever has it open keeps it");
  unlink.region(*region);
  unlink.finish("Example:\n"
                "  drystone unlink shm:prices",
                [region] { unlink_region(parse_region(*region)); });
}

}  // namespace cli
