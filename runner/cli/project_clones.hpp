// SPDX-License-Identifier: Apache-2.0
//
// The files of a server's projects, from clones of their repositories (source/clone.hpp). Any thread; calls block,
// some for as long as a fetch may take.
#pragma once

#include "runner/server/run_executor.hpp"
#include "runner/source/clone.hpp"

#include <functional>
#include <memory>

namespace latchkey::cli {

struct clone_options {
    std::filesystem::path data;
    bool local = false;  // folders of this machine may be read
    std::chrono::milliseconds limit = std::chrono::minutes(5);
    // For who writes: how long fetching and pushing may take together, however often it is tried.
    std::chrono::milliseconds write_limit = std::chrono::seconds(30);
    // For who only looks: how long a fetch may take, how long others are waited for, and how old what was fetched
    // last may be.
    std::chrono::milliseconds look_limit = std::chrono::seconds(10);
    std::chrono::milliseconds look_patience = std::chrono::seconds(5);
    std::chrono::milliseconds fresh_for = std::chrono::seconds(10);
    // Who we are at a project's repository.
    std::function<result<source::git_login>(const store::team_project_record&)> login;
};

std::unique_ptr<server::project_files> make_project_clones(clone_options);

// By what the project's settings say, and the secrets that are sealed with it; over SSH without any, by the key of
// its workspace.
std::function<result<source::git_login>(const store::team_project_record&)> logins_from(store::stores&,
                                                                                        const vault::vault&,
                                                                                        run::wall_clock);

}  // namespace latchkey::cli
