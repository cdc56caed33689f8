// SPDX-License-Identifier: Apache-2.0
//
// Submodules of a clone: clones of their own beside it, where source::filesystem looks for them.
#include "runner/source/clone_git.hpp"
#include "runner/source/filesystem.hpp"
#include "runner/source/git.hpp"

#include <algorithm>
#include <map>

namespace latchkey::source {

namespace {

constexpr std::size_t most_modules = 50;
constexpr int deepest_module = 5;
constexpr std::size_t largest_list = 256UL << 10U;

struct module_entry {
    std::string path;
    std::string url;
};

// "submodule.NAME.path\nVALUE", each ended by a NUL.
result<std::vector<module_entry>> modules_in(const std::filesystem::path& clone, const std::string& commit) {
    auto listed =
        look(clone,
             {"config", "--null", "--blob", commit + ":.gitmodules", "--get-regexp", "^submodule[.].*[.](path|url)$"},
             largest_list);
    if (!listed) return listed.error();
    std::map<std::string, module_entry> by_name;
    for (std::string_view rest = listed->output; listed->exit_code == 0 && !rest.empty();) {
        const std::string_view record = next_record(rest);
        const std::size_t end = record.find('\n');
        if (end == std::string_view::npos) continue;
        const std::string_view key = record.substr(0, end);
        const std::size_t dot = key.rfind('.');
        module_entry& e = by_name[std::string(key.substr(0, dot))];
        (key.substr(dot + 1) == "path" ? e.path : e.url) = record.substr(end + 1);
    }
    std::vector<module_entry> all;
    for (auto& [name, e] : by_name)
        if (!e.path.empty() && !e.url.empty() && e.path.find('\0') == std::string::npos && e.path.size() < 200)
            all.push_back(std::move(e));
    return all;
}

// At which commit it is; empty: the path is no submodule in this commit.
result<std::string> commit_of_module(const std::filesystem::path& clone, const std::string& commit,
                                     const std::string& path) {
    auto listed = look(clone, {"--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path});
    if (!listed) return listed.error();
    constexpr std::string_view link = "160000 commit ";
    if (listed->exit_code != 0 || !listed->output.starts_with(link)) return std::string();
    return listed->output.substr(link.size(), listed->output.find('\t') - link.size());
}

bool is_there(const std::filesystem::path& clone, const std::string& commit) {
    const auto found = look(clone, {"cat-file", "-e", commit + "^{commit}"});
    return found && found->exit_code == 0;
}

// A repository may name any address: what it names must not be nearer to us than itself.
result<git_address> address_of_module(const git_address& parent, const std::string& written, bool local) {
    auto address = read_address(beside(parent.url, written));
    if (!address) return address;
    const bool allowed = address->by == transport::https || address->by == transport::ssh || address->by == parent.by;
    if (!allowed || (address->by == transport::local && !local))
        return failure(errc::refused, "an address like " + address->url + " is not taken from a repository's file");
    return address;
}

bool same_server(const git_address& a, const git_address& b) {
    return a.by == b.by && a.host == b.host && a.server == b.server;
}

struct module_search {
    const git_address& root;
    const git_login& login;
    const fetch_options& options;
    std::size_t count = 0;
};

result<void> fetch_below(const project_clone& clone, const git_address& at, const std::string& commit,
                         module_search& search, int depth) {
    auto modules = modules_in(clone.path(), commit);
    if (!modules) return modules.error();
    for (const module_entry& m : *modules) {
        auto wanted = commit_of_module(clone.path(), commit, m.path);
        if (!wanted) return wanted.error();
        if (wanted->empty()) continue;
        const std::string begin = "the submodule " + m.path.substr(0, 200) + " can't be fetched: ";
        if (++search.count > most_modules || depth > deepest_module)
            return failure(errc::refused, begin + "there are too many, or one in another too deep");
        auto address = address_of_module(at, m.url, search.options.local);
        if (!address) return failure(address.error().code, begin + address.error().what);
        const project_clone inside = clone.module_at(m.path);
        if (!is_there(inside.path(), *wanted)) {
            // Another server than the project's is not shown its login.
            const git_login nobody{};
            fetch_options o = search.options;
            o.also.clear();
            const bool ours = same_server(search.root, *address);
            if (auto done = inside.fetch(address->url, ours ? search.login : nobody, o); !done)
                return failure(done.error().code, begin + done.error().what);
            if (!is_there(inside.path(), *wanted))
                return failure(errc::not_found, begin + "it has no commit " + wanted->substr(0, 10) + " (any more)");
        }
        if (auto done = fetch_below(inside, *address, *wanted, search, depth + 1); !done) return done;
    }
    return {};
}

}  // namespace

// The name says nothing of ours: no path can be made of it that leads elsewhere.
std::filesystem::path module_folder(const std::filesystem::path& clone, const std::string& path) {
    std::string name = "at%" + path;
    std::ranges::replace(name, '/', '%');
    return std::filesystem::path(clone).concat(".modules") / name;
}

project_clone project_clone::module_at(const std::string& path) const {
    project_clone inside(module_folder(path_, path));
    inside.own_ = inside.path_;
    inside.known_hosts_ = known_hosts_;
    return inside;
}

result<void> project_clone::fetch_submodules(const std::string& address, const std::string& commit,
                                             const git_login& login, const fetch_options& options) const {
    auto at = read_address(address);
    if (!at) return at.error();
    module_search search{*at, login, options};
    return fetch_below(*this, *at, commit, search, 1);
}

}  // namespace latchkey::source
