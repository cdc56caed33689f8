// SPDX-License-Identifier: Apache-2.0
//
// Repositories to clone, and where to: made by the real git in folders of the test's own. One thread.
#pragma once

#include "runner/exec/capture.hpp"
#include "runner/source/clone.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

namespace fs = std::filesystem;

inline std::string shell(const fs::path& folder, const std::string& commands) {
    const auto done =
        exec::capture({"sh", "-ec", commands}, folder, std::chrono::seconds(60),
                      {"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@acme.test", "GIT_COMMITTER_NAME=Ana",
                       "GIT_COMMITTER_EMAIL=ana@acme.test", "GIT_CONFIG_GLOBAL=/dev/null"});
    CAPTURE(commands);
    REQUIRE(done.has_value());
    CHECK_MESSAGE(done->exit_code == 0, done->errors);
    return done->output.substr(0, done->output.find_last_not_of('\n') + 1);
}

// A repository with branches, tags and the head of a fork's pull request, made in `at` (bare).
inline void fill(const fs::path& at) {
    temp_dir folder;
    shell(
        folder.path(),
        "git init -q -b main . && echo one >a.txt && mkdir -p .buddy/actions/x && echo 'pipeline: p' >.buddy/p.yml "
        "&& "
        "echo x >.buddy/actions/x/action.yml && ln -s /etc/passwd link && ln -s .buddy folder && git add . && "
        "git commit -q -m first && git tag v1 && git branch feature/x && echo two >a.txt && git commit -qam second "
        "&& "
        "git tag -a -m two v2 && git tag -a -m nested v3 v2 && git tag tree HEAD^{tree} && git checkout -q --detach "
        "&& "
        "echo fork >a.txt && git commit -qam fork && git update-ref refs/pull/7/head HEAD && git checkout -q main && "
        "git push -q '" +
            at.string() + "' main feature/x refs/pull/7/head --tags");
    shell(at, "git symbolic-ref HEAD refs/heads/main");
}

inline source::git_login login(std::string user, std::string password) {
    source::git_login l;
    l.user = std::move(user);
    l.password = vault::secret(std::move(password));
    return l;
}

inline source::fetch_options local() {
    source::fetch_options o;
    o.local = true;
    return o;
}

inline std::string text(const result<std::string>& r) {
    return r ? *r : "! " + r.error().what;
}

template <class T>
errc code(const result<T>& r) {
    REQUIRE(r.has_error());
    return r.error().code;
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A repository in a folder, and where it is cloned to.
struct local_world {
    local_world() {
        shell(folder.path(), "git init -q --bare there.git");
        fill(there);
    }
    std::string at(const std::string& words) const { return shell(there, "git " + words); }
    temp_dir folder;
    fs::path there = folder.path() / "there.git";
    fs::path data = folder.path() / "data";
    source::project_clone c{data, 5, "web"};
};

}  // namespace latchkey::test
