// SPDX-License-Identifier: Apache-2.0
//
// A file that appears in the workspace whole or not at all, at a name that another machine or a definition gives. No
// link on the way is followed, no name leads out of the folder. Private to this room. One owner, one thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace latchkey::native {

// .git as any file system may have it: git obeys what it holds.
bool is_git_name(std::string_view name);

// Whether it can be a file's name in the workspace: no "..", no slash, no control character, and not .git.
bool is_safe_name(std::string_view name);

class new_file {
public:
    // `path` is below `root`, which has no links in it; folders on the way are made. refused: a part of it is no safe
    // name, or a link, or no folder; io: it can't be made.
    static result<new_file> create(const std::filesystem::path& root, const std::string& path);
    new_file(new_file&&) noexcept;
    ~new_file();  // what was not kept is gone

    bool write(std::string_view bytes);
    enum class outcome : unsigned char { kept, was_there };
    // Gives it its name. Without `replace` one that is there stays as it is.
    result<outcome> keep(bool replace, unsigned mode = 0644);

    // Whether something has that name already.
    bool is_there() const;

private:
    new_file(int folder, int file, std::string name) : folder_(folder), file_(file), name_(std::move(name)) {}
    int folder_ = -1;
    int file_ = -1;
    std::string name_;
};

}  // namespace latchkey::native
