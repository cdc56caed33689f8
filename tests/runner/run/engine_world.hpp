// SPDX-License-Identifier: Apache-2.0
//
// Everything a run stands on, real, in a folder of its own: SQLite store, vault, host backend, service. One owner;
// the clock may be set ahead between calls.
#pragma once

#include "runner/run/service.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/vault.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

class engine_world {
public:
    explicit engine_world(store::sqlite_options = {});
    // In a folder that outlives it; what is there already is taken as it is.
    explicit engine_world(std::filesystem::path folder, store::sqlite_options = {});

    struct finished {
        result<run::finished_attempt> attempt;
        std::vector<run::event> events;  // as they were observed

        run::status end_of(std::int32_t action) const;  // initial: it has no end among the events
        std::vector<std::int32_t> started() const;      // in order, each try
        std::string text_of(run::event_kind) const;     // of the first such event
    };

    // Runs the pipeline "p" of these bytes. `options` may bring an observer of its own.
    finished run(const std::string& yaml, run::run_options = {});
    finished retry(run::retry_request, run::run_options = {});
    run::retry_request again(std::int64_t number = 1) const;

    // With these sealed fields, by name.
    policy::integration_id add(const std::string& identifier, const std::string& type,
                               std::vector<std::pair<std::string, std::string>> secrets, store::facts settings = {},
                               bool all_pipelines = false);
    void grant(policy::integration_id);

    store::new_run request_for();
    run::access access_for(const store::run_record&);
    std::filesystem::path workspace() const { return folder_ / "shop"; }
    std::filesystem::path data() const { return folder_ / "data"; }
    std::string file(const std::string& name) const;  // of the workspace; empty if there is none
    std::string log(int attempt, int action, std::int64_t run = 1) const;
    std::vector<std::string> files_with(std::string_view bytes) const;  // of the data folder
    // Kind and facts of each entry, one a line; fails the test where the chain is broken.
    std::string audit() const;

    std::unique_ptr<store::store> store;
    std::optional<vault::vault> vault;
    std::unique_ptr<run::service> service;
    policy::project_id project;
    policy::pipeline_id pipeline;
    policy::user_id owner;
    std::chrono::milliseconds ahead{0};  // of the real clock
    std::chrono::milliseconds grace{10'000};
    bool namespaces = true;             // where they can be had
    std::string backend;                // as with --backend
    std::vector<run::type_file> types;  // files of action types, as the next run finds them
    int unlocked = 0;                   // how often a secret was to be opened
    std::function<void()> on_clock;     // called whenever the engine asks for the time

    void make_service();  // again, with other values of the above

private:
    void open(store::sqlite_options);
    policy::time_point now() const;
    run::run_options observing(run::run_options, std::vector<run::event>&) const;
    std::unique_ptr<temp_dir> own_folder_;
    std::filesystem::path folder_;
};

// A pipeline "p" with these lines as its actions.
std::string pipeline_of(std::string_view actions);

}  // namespace latchkey::test
