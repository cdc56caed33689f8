// SPDX-License-Identifier: Apache-2.0
//
// Tokens that people and programs carry: made at random, shown once, known by their hash. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::vault {

// "lk_" and 256 random bits.
std::string new_token();
std::string hash_of_token(std::string_view token);  // hex of BLAKE2b-256
// As many random bytes, in hex: for names that can't be guessed.
std::string random_hex(std::size_t bytes);

}  // namespace latchkey::vault
