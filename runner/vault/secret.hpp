// SPDX-License-Identifier: Apache-2.0
//
// A secret in memory. It can be moved and looked at, and is wiped when its owner is gone. It can't be copied,
// compared, printed or serialised: there is no function that would. One owner, one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::vault {

class secret {
public:
    secret() = default;
    // Takes the bytes and wipes the string they came in.
    explicit secret(std::string&& plain);
    secret(secret&&) noexcept;
    secret& operator=(secret&&) noexcept;
    secret(const secret&) = delete;
    secret& operator=(const secret&) = delete;
    ~secret();

    // The plain bytes, for as long as this object lives. Only exec, source, triggers, outgoing, objects, log/masker
    // and vault call it.
    std::string_view reveal() const { return {data_, size_}; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

// Overwrites a string's bytes, those beyond its size too, and empties it.
void wipe(std::string&);

}  // namespace latchkey::vault
