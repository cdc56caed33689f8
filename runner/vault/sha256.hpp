// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of bytes as they come: the checksum that other programs can check too. One owner, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::vault {

class sha256 {
public:
    sha256();
    ~sha256();
    sha256(const sha256&) = delete;
    sha256& operator=(const sha256&) = delete;

    void add(std::string_view);
    std::string hex();  // of all, once

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace latchkey::vault
