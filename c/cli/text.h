// SPDX-License-Identifier: MIT OR Apache-2.0
// Bytes as people and JSON can read them.
#ifndef DRYSTONE_CLI_TEXT_H
#define DRYSTONE_CLI_TEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

std::string to_hex(std::string_view bytes);
// Nothing where `digits` is not an even number of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view digits);

// Bytes for a message: a JSON string, or hex where they are no UTF-8; shortened when long.
std::string legible(std::string_view bytes);

// 1234567 as "1,234,567".
std::string grouped(uint64_t number);
// 1234567 as "1.2 MiB".
std::string sized(uint64_t bytes);
// "1 row", "2 rows".
std::string counted(uint64_t number, const char *noun);

}  // namespace cli

#endif
