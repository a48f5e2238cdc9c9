/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/layout/golden.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/support/places.h"
#include "tests/support/status.h"

namespace golden {
namespace {

const size_t kLine = 16;

std::string Hex(const std::string &bytes) {
  std::string hex;
  char digits[3];
  for (unsigned char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", byte);
    hex += digits;
  }
  return hex;
}

}  // namespace

std::string TextOf(const std::string &image) {
  std::string text = "bytes " + std::to_string(image.size()) + "\n";
  for (size_t at = 0; at < image.size(); at += kLine) {
    const std::string line = image.substr(at, kLine);
    if (line.find_first_not_of('\0') == std::string::npos) continue;
    char offset[32];
    std::snprintf(offset, sizeof offset, "%06zx: ", at);
    text += offset + Hex(line) + "\n";
  }
  return text;
}

std::string ImageOf(const std::string &text) {
  std::istringstream lines(text);
  std::string image, line;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line.rfind("bytes ", 0) == 0) {
      image.assign(std::stoul(line.substr(6)), '\0');
      continue;
    }
    const size_t at = std::stoul(line, nullptr, 16), colon = line.find(": ");
    if (colon == std::string::npos || at + kLine > image.size()) throw std::runtime_error("bad line: " + line);
    for (size_t i = 0; i < kLine; i++) {
      image[at + i] = static_cast<char>(std::stoul(line.substr(colon + 2 + 2 * i, 2), nullptr, 16));
    }
  }
  return image;
}

void MakeRegion(support::Region *region, uint64_t size_bytes) {
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, size_bytes);
  options.part_capacity = 2;
  options.creation_id[0] = 0x1122334455667788;
  options.creation_id[1] = 0x99aabbccddeeff00;
  EXPECT_STATUS(DRY_OK, region->Create(options)) << region->detail.text;
}

std::string ImageOf(support::Region *region) {
  support::TempDir dir;
  EXPECT_STATUS(DRY_OK, region->Save(dir.File("image"))) << region->detail.text;
  return support::ReadFile(dir.File("image"));
}

int Main(int argc, char **argv, const std::vector<File> &files) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 2 || std::strcmp(argv[1], "--regenerate") != 0) return RUN_ALL_TESTS();
  const char *workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::string folder = workspace == nullptr ? "" : std::string(workspace) + "/";
  for (const File &file : files) {
    support::WriteFile(folder + file.path, file.text());
    std::cout << "wrote " << folder << file.path << "\n";
  }
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace golden
