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

// As much of it as may be, and no half of a character.
std::string cut(std::string_view text, std::size_t longest) {
    if (text.size() > longest)
        while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0U) == 0x80U) --longest;
    return std::string(text.substr(0, longest));
}

const std::string who_and_when = "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00";

result<exec::captured> log_of(const std::filesystem::path& clone, const std::string& commit, int skip, int most,
                              const std::string& format) {
    return look(clone, {"log", "-z", "--no-show-signature", "--no-decorate", "--no-notes", "--encoding=UTF-8",
                        "--skip=" + std::to_string(skip), "--max-count=" + std::to_string(most), format, commit});
}

// What one commit says that may say more than is read at once: then the beginning of its first line has to do.
result<exec::captured> log_of_one(const std::filesystem::path& clone, const std::string& commit) {
    auto whole = log_of(clone, commit, 0, 1, who_and_when + "%B");
    if (whole || whole.error().code != errc::engine) return whole;
    return log_of(clone, commit, 0, 1, who_and_when + "%<(1000,trunc)%s");
}

void read_log(std::string_view rest, std::size_t longest, std::vector<commit_info>& all) {
    while (!rest.empty()) {
        std::array<std::string_view, fields> f;
        for (auto& field : f) field = next_field(rest);
        commit_info& c = all.emplace_back();
        c.id = f[0];
        for (std::string_view parents = f[1]; !parents.empty();) {
            const std::string_view one = parents.substr(0, parents.find(' '));
            c.parents.emplace_back(one);
            parents.remove_prefix(std::min(one.size() + 1, parents.size()));
        }
        c.author_name = cut(f[2], longest);
        c.author_email = cut(f[3], longest);
        c.authored_at = number_in(f[4]);
        c.committer_name = cut(f[5], longest);
        c.committer_email = cut(f[6], longest);
        c.committed_at = number_in(f[7]);
        c.message = cut(f[8], longest);
        while (c.message.ends_with('\n') || c.message.ends_with(' ')) c.message.pop_back();
    }
}

failure unreadable(const exec::captured& told) {
    return {errc::engine, "git can't read the log: " + told.errors.substr(0, 300)};
}

}  // namespace

result<std::vector<commit_info>> project_clone::history_of(const std::string& commit, int skip, int most,
                                                           std::size_t longest) const {
    // A number, so that nothing in it is an option.
    auto first = commit_of(commit);
    if (!first) return first.error();
    std::vector<commit_info> all;
    auto told = log_of(path_, *first, skip, most, who_and_when + "%B");
    if (told && told->exit_code != 0) return unreadable(*told);
    if (told) {
        read_log(told->output, longest, all);
        return all;
    }
    if (told.error().code != errc::engine) return told.error();
    // Together they say more than is read at once: one by one.
    auto numbers = log_of(path_, *first, skip, most, "--format=%H");
    if (!numbers) return numbers.error();
    if (numbers->exit_code != 0) return unreadable(*numbers);
    for (std::string_view rest = numbers->output; !rest.empty();) {
        auto one = log_of_one(path_, std::string(next_field(rest)));
        if (!one) return one.error();
        if (one->exit_code != 0) return unreadable(*one);
        read_log(one->output, longest, all);
    }
    return all;
}

}  // namespace latchkey::source
