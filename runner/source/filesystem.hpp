// SPDX-License-Identifier: Apache-2.0
//
// A pipeline's own filesystem: a folder in which exactly one commit is checked out, and where what is not in git
// (what builds left) is kept from run to run. One run has it at a time, for as long as the object lives. Git's own
// files lie beside it, where no action looks, without any configuration but ours: no hook, filter or transport is
// started. Owner: whoever executes the run. Blocks; any thread.
#pragma once

#include "runner/error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace latchkey::source {

// <data>/filesystems/<pipeline>/<project's name>
std::filesystem::path filesystem_path(const std::filesystem::path& data, std::int64_t pipeline,
                                      const std::filesystem::path& repository);

class filesystem {
public:
    // conflict: another run has it. With `waits`, which is called first where another has it, it waits for that one's
    // end; a signal that is not held ends the program meanwhile.
    static result<filesystem> take(const std::filesystem::path& data, std::int64_t pipeline,
                                   const std::filesystem::path& repository, const std::function<void()>& waits = {});
    // One that is free: its own, else one of the spare ones that runs side by side have.
    static result<filesystem> take_any(const std::filesystem::path& data, std::int64_t pipeline,
                                       const std::filesystem::path& repository);
    // All that a pipeline has is removed, spare ones and caches too, unless a run works with any of it. False: it has
    // nothing, or one does.
    static result<bool> remove_unused(const std::filesystem::path& data, std::int64_t pipeline);
    filesystem(filesystem&&) noexcept;
    filesystem& operator=(filesystem&&) = delete;
    ~filesystem();

    // All files of the commit, as they are in it, and its submodules where the repository has them. `notes` is told
    // of those that it has not. not_found: there is no such commit. No commit: a folder, with what was left in it.
    result<void> check_out(const std::string& commit, bool from_scratch, std::vector<std::string>& notes);

    const std::filesystem::path& path() const { return path_; }

private:
    static result<filesystem> take_named(const std::filesystem::path& data, const std::string& name,
                                         const std::filesystem::path& repository, const std::function<void()>& waits);
    filesystem(int lock, std::filesystem::path own, std::filesystem::path path, std::filesystem::path repository);
    int lock_;
    std::filesystem::path own_;  // what our git keeps of it
    std::filesystem::path path_;
    std::filesystem::path repository_;
};

// Removes a folder with all that is in it, also what can't be written to; links are not followed.
result<void> remove_tree(const std::filesystem::path&);

}  // namespace latchkey::source
