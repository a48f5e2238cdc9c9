// SPDX-License-Identifier: MIT OR Apache-2.0
// Stamped values: 8 bytes, little-endian, that are a hash over key and payload, then the payload.
//
// A reader that finds the stamp right has proof that the value is whole and belongs to its key, whatever a writer was
// doing meanwhile. The demo and the tests with several languages are built on this.
#ifndef DRYSTONE_CLI_STAMP_H
#define DRYSTONE_CLI_STAMP_H

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

constexpr size_t kStampBytes = 8;

std::string stamped(std::string_view key, std::string_view payload);
bool stamp_matches(std::string_view key, std::string_view value);
// Without its stamp. Ask stamp_matches first.
std::string_view payload_of(std::string_view value);

}  // namespace cli

#endif
