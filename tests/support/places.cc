/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/places.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/random.h"

namespace fs = std::filesystem;

namespace support {
namespace {

const char kSharedPrefix[] = "drystone-test-";

void SweepOldSharedNames() {
  std::error_code ignored;
  for (const fs::directory_entry &entry : fs::directory_iterator("/dev/shm", ignored)) {
    struct stat facts;
    if (entry.path().filename().string().rfind(kSharedPrefix, 0) != 0) continue;
    if (stat(entry.path().c_str(), &facts) != 0) continue;
    if (time(nullptr) - facts.st_ctime > 3600) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

TempDir::TempDir() {
  const char *root = std::getenv("TEST_TMPDIR");
  std::string path = (root == nullptr ? fs::temp_directory_path().string() : std::string(root)) + "/drystone-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  path_ = path;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> TempDir::List() const {
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

SharedName::SharedName() {
  SweepOldSharedNames();
  name_ = kSharedPrefix + std::to_string(Fresh());
}

SharedName::~SharedName() { shm_unlink(("/" + name_).c_str()); }

std::string ReadFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

void WriteFile(const std::string &path, const std::string &bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
}

}  // namespace support
