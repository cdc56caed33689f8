// SPDX-License-Identifier: Apache-2.0
//
// A fresh folder that is gone, with all in it, when its owner is. One owner, one thread.
#pragma once

#include <filesystem>

namespace latchkey::test {

class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace latchkey::test
