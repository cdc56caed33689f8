// SPDX-License-Identifier: Apache-2.0
//
// What the commits of a clone say of themselves.
#include "runner/source/clone_git.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::source {

namespace {

constexpr std::size_t fields = 9;

std::string_view next_field(std::string_view& rest) {
    const std::string_view field = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    return field;
}

std::int64_t number_in(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

result<std::vector<commit_info>> project_clone::history_of(const std::string& commit, int skip, int most,
                                                           std::size_t longest) const {
    // A number, so that nothing in it is an option.
    auto first = commit_of(commit);
    if (!first) return first.error();
    auto told = look(path_, {"log", "-z", "--no-show-signature", "--no-decorate", "--no-notes", "--encoding=UTF-8",
                             "--skip=" + std::to_string(skip), "--max-count=" + std::to_string(most),
                             "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B", *first});
    if (!told) return told.error();
    if (told->exit_code != 0) return failure(errc::engine, "git can't read the log: " + told->errors.substr(0, 300));
    std::vector<commit_info> all;
    for (std::string_view rest = told->output; !rest.empty();) {
        std::array<std::string_view, fields> f;
        for (auto& field : f) field = next_field(rest);
        commit_info& c = all.emplace_back();
        c.id = f[0];
        for (std::string_view parents = f[1]; !parents.empty();) {
            const std::string_view one = parents.substr(0, parents.find(' '));
            c.parents.emplace_back(one);
            parents.remove_prefix(std::min(one.size() + 1, parents.size()));
        }
        c.author_name = f[2];
        c.author_email = f[3];
        c.authored_at = number_in(f[4]);
        c.committer_name = f[5];
        c.committer_email = f[6];
        c.committed_at = number_in(f[7]);
        c.message = f[8].substr(0, longest);
        while (c.message.ends_with('\n')) c.message.pop_back();
    }
    return all;
}

}  // namespace latchkey::source
