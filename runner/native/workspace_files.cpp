// SPDX-License-Identifier: Apache-2.0
#include "runner/native/workspace_files.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

}  // namespace

bool named_by(const std::vector<std::string>& patterns, const std::string& path) {
    return std::ranges::any_of(patterns, [&path](std::string pattern) {
        while (pattern.starts_with("/")) pattern.erase(0, 1);
        while (pattern.ends_with("/")) pattern.pop_back();
        if (pattern.empty()) return false;
        return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0 ||
               ::fnmatch((pattern + "/*").c_str(), path.c_str(), 0) == 0;
    });
}

result<workspace_files> files_of(const action& a) {
    const auto root = in_workspace(a, a.text("local_path"));
    if (!root) return root.error();
    return files_below(a, *root);
}

result<workspace_files> files_below(const action& a, const fs::path& root) {
    std::error_code ec;
    if (fs::is_regular_file(root, ec)) return workspace_files{root.parent_path(), {root.filename().string()}};
    workspace_files found{root, {}};
    const auto excludes = a.list("deployment_excludes");
    const auto includes = a.list("deployment_includes");
    for (fs::recursive_directory_iterator at(root, ec), end; !ec && at != end; at.increment(ec)) {
        if (at->is_directory(ec) && at->path().filename() == ".git") at.disable_recursion_pending();
        if (at->is_symlink(ec) || !at->is_regular_file(ec)) continue;
        std::string path = at->path().lexically_relative(root).string();
        if (!named_by(excludes, path) || named_by(includes, path)) found.names.push_back(std::move(path));
    }
    if (ec) return failure(errc::io, "can't list \"" + root.filename().string() + "\": " + ec.message());
    std::ranges::sort(found.names);
    return found;
}

}  // namespace latchkey::native
