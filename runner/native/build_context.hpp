// SPDX-License-Identifier: Apache-2.0
//
// The files that an image is built from, as a tar archive made piece by piece: a folder without what its
// .dockerignore leaves out, and the Dockerfile wherever it is. One thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::native {

// Whether a .dockerignore's lines leave the path out. The last line that matches counts; `!` takes back; `**` is any
// number of folders; a folder stands for all that is in it.
bool ignored(const std::vector<std::string>& lines, const std::string& path);

class build_context {
public:
    // invalid: a file can't be read, or the Dockerfile is not there.
    static result<build_context> open(const std::filesystem::path& folder, const std::filesystem::path& dockerfile);
    build_context(build_context&&) noexcept;
    ~build_context();

    // What the Dockerfile is called in the archive.
    const std::string& dockerfile() const;
    std::size_t files() const;
    // The next bytes, valid until the next call; empty: the end. io: a file has gone or changed its size.
    result<std::string_view> next();

private:
    struct impl;
    explicit build_context(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::native
