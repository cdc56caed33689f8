// SPDX-License-Identifier: Apache-2.0
#include "runner/source/pack.hpp"

#include "runner/exec/capture.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/source/changes.hpp"
#include "runner/source/git.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes longest{30};

bool is_whole_number(const std::string& commit) {
    return commit.size() >= 40 && commit.find_first_not_of("0123456789abcdef") == std::string::npos;
}

result<exec::captured> run(std::vector<std::string> arguments, const fs::path& directory,
                           std::vector<int> inherited) {
    return exec::capture({.arguments = std::move(arguments),
                          .directory = directory,
                          .limit = longest,
                          .environment = {"GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_CONFIG_NOSYSTEM=1",
                                          "GIT_CONFIG_GLOBAL=/dev/null"},
                          .inherited = std::move(inherited)});
}

std::string end_of(const exec::captured& c) {
    return c.errors.substr(0, 300);
}

failure can_not_open(const fs::path& file) {
    return {errc::io, "can't open " + file.string() + ": " + std::system_category().message(errno)};
}

}  // namespace

result<void> write_pack(const fs::path& repository, const std::string& commit, const fs::path& file) {
    if (!is_whole_number(commit)) return failure(errc::usage, "\"" + commit + "\" is no commit's whole number");
    if (auto known = commit_named(repository, commit); !known) return known.error();
    const exec::descriptor to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (to.get() < 0) return can_not_open(file);
    // A number a line, without the paths behind them. The first program's failure leaves the list short: what is
    // packed is proven whole by whoever takes it.
    auto done = run({"sh", "-c",
                     "git -c core.fsmonitor=false rev-list --objects --no-walk --no-object-names \"$0\" |"
                     " git -c core.hooksPath=/dev/null pack-objects --quiet --stdout --delta-base-offset >&3",
                     commit},
                    repository, {to.get()});
    if (!done) return done.error();
    if (done->exit_code != 0)
        return failure(errc::engine, "git can't pack the commit " + commit.substr(0, 10) + ": " + end_of(*done));
    return {};
}

bool has_commit(const fs::path& repository, const std::string& commit) {
    std::error_code ec;
    if (!is_whole_number(commit) || !fs::exists(repository / "HEAD", ec)) return false;
    const auto done = git(repository, {"rev-list", "--objects", "--no-walk", "--quiet", commit});
    return done && done->exit_code == 0;
}

result<void> take_pack(const fs::path& repository, const std::string& commit, const fs::path& file) {
    std::error_code ec;
    if (!fs::exists(repository / "HEAD", ec)) {
        fs::create_directories(repository, ec);
        auto made = run({"git", "init", "--quiet", "--bare", "--template=", repository.string()}, repository, {});
        if (!made) return made.error();
        if (made->exit_code != 0)
            return failure(errc::engine, "git can't make " + repository.string() + ": " + end_of(*made));
    }
    const exec::descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (from.get() < 0) return can_not_open(file);
    auto taken =
        run({"sh", "-c", "exec git -c core.hooksPath=/dev/null index-pack --stdin <&3"}, repository, {from.get()});
    if (!taken) return taken.error();
    if (taken->exit_code != 0 || !has_commit(repository, commit))
        return failure(errc::refused,
                       "what came is no pack with the commit " + commit.substr(0, 10) + ": " + end_of(*taken));
    return {};
}

}  // namespace latchkey::source
