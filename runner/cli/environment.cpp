// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/environment.hpp"

#include "runner/source/git.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace latchkey::cli {

namespace {

constexpr std::array<std::string_view, 18> passed_on = {
    "PATH",       "HOME",        "USER",     "LOGNAME",        "SHELL",           "LANG",
    "LANGUAGE",   "TZ",          "TMPDIR",   "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",  "DOCKER_HOST",     "XDG_RUNTIME_DIR"};

bool is_passed_on(std::string_view name) {
    for (const std::string_view known : passed_on)
        if (name == known) return true;
    return name.starts_with("LC_");
}

}  // namespace

std::filesystem::path own_types_folder() {
    if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg == '/')
        return std::filesystem::path(xdg) / "latchkey/actions";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return std::filesystem::path(home) / ".config/latchkey/actions";
    return {};
}

std::vector<std::pair<std::string, std::string>> base_environment() {
    std::vector<std::pair<std::string, std::string>> all;
    bool has_path = false;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos || !is_passed_on(text.substr(0, equals))) continue;
        all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        has_path = has_path || text.starts_with("PATH=");
    }
    if (!has_path) all.emplace_back("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    all.emplace_back("TERM", "dumb");
    all.emplace_back("CI", "true");
    return all;
}

result<std::optional<git_facts>> git_facts_of(const std::filesystem::path& root) {
    std::error_code ec;
    if (!std::filesystem::exists(root / ".git", ec)) return std::optional<git_facts>();
    // Only looked at: nothing is written, and no program that the repository's configuration names is started.
    auto status = source::output_of_git(
        root, {"status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=all"},
        source::reads::work_tree);
    if (!status) return status.error();
    return std::optional(facts_in(*status));
}

git_facts facts_in(std::string_view status) {
    git_facts facts;
    for (std::string_view rest = status; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        constexpr std::string_view commit = "# branch.oid ";
        constexpr std::string_view branch = "# branch.head ";
        if (line.starts_with(commit)) {
            facts.commit = line.substr(commit.size());
            if (facts.commit == "(initial)") facts.commit.clear();
        } else if (line.starts_with(branch)) {
            const std::string_view name = line.substr(branch.size());
            if (name != "(detached)") facts.ref = {policy::ref_type::branch, "refs/heads/" + std::string(name)};
        } else if (!line.starts_with('#') && !line.empty()) {
            facts.dirty = true;
        }
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return facts;
}

exec::sandbox_options sandbox_options_of(const std::filesystem::path& data) {
    exec::sandbox_options options;
    options.hidden = {data};
    const char* folders = std::getenv("LATCHKEY_SANDBOX_READ");
    std::string_view rest = folders == nullptr ? "" : folders;
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        if (!folder.empty()) options.readable.emplace_back(folder);
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    }
    return options;
}

}  // namespace latchkey::cli
