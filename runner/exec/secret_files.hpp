// SPDX-License-Identifier: Apache-2.0
//
// The files that only one action sees: in a private folder in memory, gone with this object. Where the action has a
// view of its own of the machine (process_namespace.hpp) they are in that view only.
// One owner, one thread; blocks for a few system calls on tmpfs.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/memory_folder.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::exec {

// A new file, written whole, whose mode the umask does not change. false: it is there already, or can't be written.
bool write_private(const std::string& path, std::string_view bytes, unsigned mode);

// An empty folder in memory that one action sees at `path`, and we by its descriptor.
struct private_place {
    int folder = -1;
    std::string path;
};

class secret_files {
public:
    // In the place, which outlives the call, or in a folder of its own. engine: there is no tmpfs to put them on, or
    // they can't be written. No files: no folder.
    // `exported` names a file, which is not there yet, that the action writes what it exports to.
    static result<secret_files> write(const std::vector<secret_file>&, const private_place* = nullptr,
                                      bool exported = false);

    secret_files() = default;
    secret_files(secret_files&&) noexcept;
    secret_files& operator=(secret_files&&) = delete;
    ~secret_files();

    // For each file: the variable and the path it holds.
    const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }

    // The folder of its own that they lie in; empty: there are none, or they lie in a place.
    const std::string& folder() const { return own_.path(); }

    // What the action wrote to the file of its exports, at most longest_exported.
    std::string exported();
    // Before the end of this object: the place is empty then.
    void remove() noexcept;

private:
    memory_folder own_;
    descriptor place_;
    std::string base_;         // as we reach it
    std::size_t folders_ = 0;  // one a file, named 0, 1, …
    bool nothing_exported_ = false;
    std::vector<std::pair<std::string, std::string>> variables_;
};

// The first bytes of a plain file; anything else is as if it were empty.
std::string read_private_file(const std::string& path, std::size_t most);

}  // namespace latchkey::exec
