// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/run/engine_world.hpp"

#include "runner/exec/host.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/log/log_writer.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace latchkey::test {

std::string pipeline_of(std::string_view actions) {
    return "- pipeline: p\n  actions:\n" + std::string(actions);
}

engine_world::engine_world(store::sqlite_options options) : own_folder_(std::make_unique<temp_dir>()) {
    folder_ = own_folder_->path();
    open(std::move(options));
}

engine_world::engine_world(std::filesystem::path folder, store::sqlite_options options) : folder_(std::move(folder)) {
    open(std::move(options));
}

void engine_world::open(store::sqlite_options options) {
    std::filesystem::create_directory(workspace());
    store = store::open_sqlite(data() / "latchkey.db", std::move(options)).value();
    const auto master = vault::load_master_key(data() / "master.key", true).value();
    if (store->keys().value().empty()) REQUIRE(store->add_key(vault::vault::make_key(master, 1)).has_value());
    vault.emplace(vault::vault::unlock(master, store->keys().value()).value());
    project = store->project_at(workspace().string()).value().id;
    owner = store->local_owner().value().rights.id;
    const std::string names[] = {"p"};
    pipeline = store->sync_pipelines(project, "buddy.yml", names, {}).value().at(0).id;
    make_service();
}

void engine_world::make_service() {
    const char* path = std::getenv("PATH");
    run::surroundings around{
        *store,
        [this]() -> result<const vault::vault*> {
            ++unlocked;
            return &*vault;
        },
        [this] {
            if (on_clock) on_clock();
            return now();
        },
        [this](boost::asio::any_io_executor ex, const std::string&) {
            return exec::make_host_backend(std::move(ex), {.pid_namespace = namespaces});
        },
        []() -> result<void> { return failure(errc::engine, "no container engine answers in this test"); },
        data(),
        {{"PATH", path != nullptr ? path : "/usr/bin:/bin"}},
        grace,
        LATCHKEY_BUILD_DIR "/runner/latchkey",
        exec::executor_mark(),
        [](const std::string& mark) -> result<void> {
            exec::kill_left_by(mark);
            return {};
        },
        {},
    };
    service = std::make_unique<run::service>(std::move(around));
}

policy::time_point engine_world::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + ahead;
}

run::run_options engine_world::observing(run::run_options options, std::vector<run::event>& into) const {
    options.on_event = [&into, also = std::move(options.on_event)](const run::event& e) {
        into.push_back(e);
        if (also) also(e);
    };
    return options;
}

store::new_run engine_world::request_for() {
    store::new_run request;
    request.pipeline = pipeline;
    request.actor = owner;
    request.at = now();
    request.source.file = "buddy.yml";
    request.source.ref = {policy::ref_type::branch, "refs/heads/main"};
    request.source.trust = policy::source_trust::trusted;
    request.source.workspace = workspace().string();
    request.source.backend = backend;
    return request;
}

engine_world::finished engine_world::run(const std::string& yaml, run::run_options options) {
    auto request = request_for();
    for (const auto& [name, value] : options.secrets) request.source.secret_names.push_back(name);
    const auto definition = run::read_definition("buddy.yml", yaml, "p", types);
    REQUIRE(definition->pipeline != nullptr);
    std::vector<run::event> events;
    auto attempt = service->start(*definition, request, observing(std::move(options), events));
    return {std::move(attempt), std::move(events)};
}

run::retry_request engine_world::again(std::int64_t number) const {
    run::retry_request request;
    request.number = number;
    request.project = project;
    request.actor = owner;
    return request;
}

engine_world::finished engine_world::retry(run::retry_request request, run::run_options options) {
    std::vector<run::event> events;
    const auto any = [](const store::run_source&) { return result<void>(); };
    auto attempt = service->retry(request, observing(std::move(options), events), any);
    return {std::move(attempt), std::move(events)};
}

policy::integration_id engine_world::add(const std::string& identifier, const std::string& type,
                                         std::vector<std::pair<std::string, std::string>> secrets,
                                         store::facts settings, bool all_pipelines) {
    store::integration_record record;
    record.identifier = identifier;
    record.name = "The " + identifier;
    record.type = type;
    record.settings = std::move(settings);
    record.rights.all_pipelines_allowed = all_pipelines;
    const auto seal = [&](policy::integration_id id) {
        std::vector<vault::sealed_field> fields;
        for (auto& [name, value] : secrets)
            fields.push_back(vault->seal(id, name, 1, vault::secret(std::string(value))));
        return fields;
    };
    return store->add_integration(record, seal, owner).value().rights.id;
}

void engine_world::grant(policy::integration_id integration) {
    policy::grant g;
    g.integration = integration;
    g.pipeline = pipeline;
    g.granted_at = now();
    REQUIRE(store->add_grant(g, owner).has_value());
}

run::access engine_world::access_for(const store::run_record& record) {
    return {*store,
            [this]() -> result<const vault::vault*> {
                ++unlocked;
                return &*vault;
            },
            [this] { return now(); },
            {record.id, record.project, record.pipeline, owner, record.source.ref, record.source.trust, {}}};
}

std::string engine_world::file(const std::string& name) const {
    const auto path = workspace() / name;
    return std::filesystem::exists(path) ? read_file(path) : "";
}

std::string engine_world::log(int attempt, int action, std::int64_t run) const {
    const auto path = log::log_path(data() / "runs", run, attempt, action);
    return std::filesystem::exists(path) ? read_file(path) : "";
}

std::vector<std::string> engine_world::files_with(std::string_view bytes) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data()))
        if (entry.is_regular_file() && read_file(entry.path()).find(bytes) != std::string::npos)
            found.push_back(entry.path().string());
    return found;
}

std::string engine_world::audit() const {
    std::string text;
    policy::chain_verifier verifier;
    const auto walked = store->walk_audit(1, [&](const policy::audit_entry& e) {
        text += policy::to_string(e.kind);
        for (const auto& [key, value] : e.facts) text += " " + key + "=" + value;
        text += "\n";
        return verifier.feed(e);
    });
    REQUIRE(walked.has_value());
    REQUIRE_EQ(verifier.first_broken(), 0);
    return text;
}

run::status engine_world::finished::end_of(std::int32_t action) const {
    for (const run::event& e : events)
        if (e.kind == run::event_kind::action_ended && e.action == action) return e.status;
    return run::status::initial;
}

std::vector<std::int32_t> engine_world::finished::started() const {
    std::vector<std::int32_t> actions;
    for (const run::event& e : events)
        if (e.kind == run::event_kind::action_started) actions.push_back(e.action);
    return actions;
}

std::string engine_world::finished::text_of(run::event_kind kind) const {
    for (const run::event& e : events)
        if (e.kind == kind) return e.text;
    return "";
}

}  // namespace latchkey::test
