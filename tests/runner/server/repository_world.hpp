// SPDX-License-Identifier: Apache-2.0
//
// A server whose project web has a repository in a folder of this machine, and who works in it. One thread.
#pragma once

#include "tests/runner/server/run_world.hpp"
#include "tests/runner/source/clone_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <map>

namespace latchkey::test {

struct repository_world : run_world {
    explicit repository_world(const std::string& handle = "web") { make_repository(handle); }
    // One more, for another project that there is.
    void make_repository(const std::string& handle) {
        std::filesystem::create_directories(files.path() / handle);
        shell(files.path() / handle, "git init -q --bare -b main there.git && git init -q -b main work");
        const auto set = ask("PATCH", project(handle), admin,
                             {{"custom_repo_url", (files.path() / handle / "there.git").string()}});
        REQUIRE_MESSAGE(set.status == 200, set.text);
    }
    static std::string project(const std::string& handle) { return "/workspaces/acme/projects/" + handle; }
    std::filesystem::path work(const std::string& handle = "web") const { return files.path() / handle / "work"; }
    // Pushed as the branch's newest; its number.
    std::string commit(const std::map<std::string, std::string>& contents, const std::string& branch = "main",
                       const std::string& handle = "web") const {
        for (const auto& [name, text] : contents) {
            std::filesystem::create_directories((work(handle) / name).parent_path());
            write_file(work(handle) / name, text);
        }
        return shell(work(handle), "git add -A . && git commit -qm x && git push -qf ../there.git HEAD:" + branch +
                                       " && git rev-parse HEAD");
    }
    temp_dir files;
};

}  // namespace latchkey::test
