// SPDX-License-Identifier: Apache-2.0
#include "runner/source/git.hpp"

#include <algorithm>

namespace latchkey::source {

namespace {

// Git asks monitors and hooks, and a repository may lack objects that it would fetch: each is a program.
const std::vector<std::string> alone = {"GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1"};

result<void> turn_filters_off(const std::filesystem::path& folder, std::vector<std::string>& command) {
    auto filters = exec::capture({"git", "config", "--null", "--name-only", "--get-regexp", "^filter[.].*"}, folder);
    if (!filters) return filters.error();
    for (std::string_view rest = filters->output; !rest.empty();) {
        const std::string name(next_record(rest));
        // On a command line the first = would end its name.
        if (name.find('=') != std::string::npos)
            return failure(errc::refused, "the repository configures the filter \"" + name +
                                              "\", which can't be kept from being started: rename it");
        const bool required = name.ends_with(".required");
        command.insert(command.end(), {"-c", name + (required ? "=false" : "=")});
    }
    return {};
}

}  // namespace

result<exec::captured> git(const std::filesystem::path& folder, const std::vector<std::string>& words, reads what,
                           std::chrono::milliseconds limit) {
    std::vector<std::string> command = {"git", "--no-optional-locks",     "-c", "core.fsmonitor=false",
                                        "-c",  "core.hooksPath=/dev/null"};
    if (what == reads::work_tree)
        if (auto off = turn_filters_off(folder, command); !off) return off.error();
    command.insert(command.end(), words.begin(), words.end());
    return exec::capture(command, folder, limit, alone);
}

result<std::string> output_of_git(const std::filesystem::path& folder, const std::vector<std::string>& words,
                                  reads what) {
    auto done = git(folder, words, what);
    if (!done) return done.error();
    if (done->exit_code != 0)
        return failure(errc::engine,
                       "git can't read the repository " + folder.string() + ": " + done->errors.substr(0, 300));
    return std::move(done->output);
}

std::string_view next_record(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view record = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return record;
}

}  // namespace latchkey::source
