/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* places.h: temporary files and shared-memory names that do not outlive their test. */
#ifndef DRYSTONE_TESTS_SUPPORT_PLACES_H
#define DRYSTONE_TESTS_SUPPORT_PLACES_H

#include <cstdint>
#include <string>
#include <vector>

namespace support {

/** A fresh directory below TEST_TMPDIR (which Bazel clears also after a kill), removed with all that is in it. */
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;
  const std::string &path() const { return path_; }
  std::string File(const std::string &name) const { return path_ + "/" + name; }
  /** Names of what is in it, sorted, the hidden ones too. */
  std::vector<std::string> List() const;

 private:
  std::string path_;
};

/**
 * A name for a shared-memory object, unlinked at the end. A killed test cannot do that, so each use of this class first
 * removes what tests left there more than an hour ago; no test runs that long.
 */
class SharedName {
 public:
  SharedName();
  ~SharedName();
  SharedName(const SharedName &) = delete;
  SharedName &operator=(const SharedName &) = delete;
  const char *c_str() const { return name_.c_str(); }
  /** Where Linux shows it as a file. */
  std::string File() const { return "/dev/shm/" + name_; }

 private:
  std::string name_;
};

std::string ReadFile(const std::string &path);
void WriteFile(const std::string &path, const std::string &bytes);

}  // namespace support

#endif
