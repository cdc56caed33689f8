// SPDX-License-Identifier: Apache-2.0
// What the store costs a local run: opening it, and each transaction on the way of a run.
#include "policy/decision.hpp"
#include "runner/store/sqlite_store.hpp"

#include <chrono>
#include <cstdio>
#include <stdlib.h>
#include <string>
#include <thread>

using namespace latchkey;

namespace {

constexpr policy::time_point when{std::chrono::milliseconds(1000)};
constexpr policy::user_id owner{1};

template <class Step>
double microseconds_each(int times, Step&& step) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) step();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / times;
}

void print(const char* what, double microseconds) {
    std::printf("%-58s %10.1f us\n", what, microseconds);
}

std::vector<run::event> events_from(std::int64_t sequence, int count) {
    std::vector<run::event> events;
    for (int i = 0; i < count; ++i) {
        run::event event;
        event.sequence = sequence + i;
        event.at = when;
        event.kind = run::event_kind::action_ended;
        event.status = run::status::successful;
        event.reason = run::end_reason::exited;
        event.text = "npm test";
        events.push_back(std::move(event));
    }
    return events;
}

void measure(const std::filesystem::path& file, store::durability level) {
    store::sqlite_options options;
    options.level = level;
    const char* named = level == store::durability::full ? "FULL" : "NORMAL";
    std::printf("-- synchronous = %s\n", named);
    print("open a new database", microseconds_each(1, [&] { store::open_sqlite(file, options).value(); }));
    print("open an existing database", microseconds_each(200, [&] { store::open_sqlite(file, options).value(); }));
    const auto store = store::open_sqlite(file, options).value();
    const auto project = store->project_at("/bench").value().id;
    const std::string names[] = {"deploy"};
    const auto pipeline = store->sync_pipelines(project, "buddy.yml", names, {}).value().at(0).id;
    print("sync_pipelines that changes nothing",
          microseconds_each(2000, [&] { store->sync_pipelines(project, "buddy.yml", names, {}).value(); }));
    store::new_run wanted;
    wanted.pipeline = pipeline;
    wanted.actor = owner;
    const std::string definition(4000, 'y');
    print("create_run", microseconds_each(2000, [&] { store->create_run(wanted, definition).value(); }));
    print("next_decision_id", microseconds_each(2000, [&] { store->next_decision_id(1).value(); }));
    for (const int batch : {1, 10, 100}) {
        const auto run = store->create_run(wanted, definition).value().id;
        std::int64_t sequence = 1;
        const auto each = microseconds_each(10'000 / batch, [&] {
            store->append_events(run, 1, events_from(sequence, batch)).value();
            sequence += batch;
        });
        print(("append_events, " + std::to_string(batch) + " a batch: the event").c_str(), each / batch);
    }
    constexpr int threads = 8;
    constexpr int each_thread = 500;
    std::vector<policy::run_id> runs;
    for (int i = 0; i < threads; ++i) runs.push_back(store->create_run(wanted, definition).value().id);
    print("append_events, 1 a batch, 8 threads: the event",
          microseconds_each(1, [&] {
              std::vector<std::jthread> workers;
              for (const auto run : runs) {
                  workers.emplace_back([&, run] {
                      for (int i = 1; i <= each_thread; ++i) store->append_events(run, 1, events_from(i, 1)).value();
                  });
              }
          }) / (threads * each_thread));
}

void measure_grants(const std::filesystem::path& file) {
    const auto store = store::open_sqlite(file).value();
    const auto project = store->project_at("/bench").value().id;
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("pipeline " + std::to_string(i));
    const auto pipelines = store->sync_pipelines(project, "many.yml", names, {}).value();
    std::vector<policy::integration_id> integrations;
    for (int i = 0; i < 100; ++i) {
        store::integration_record record;
        record.identifier = "key" + std::to_string(i);
        integrations.push_back(store->add_integration(record, nullptr, owner).value().rights.id);
    }
    std::printf("-- 100 000 grants: 1000 pipelines, 100 integrations\n");
    int made = 0;
    print("add_grant", microseconds_each(100'000, [&] {
              policy::grant grant;
              grant.pipeline = pipelines[static_cast<std::size_t>(made % 1000)].id;
              grant.integration = integrations[static_cast<std::size_t>(made / 1000)];
              store->add_grant(grant, owner).value();
              ++made;
          }));
    const auto pipeline = pipelines[500].id;
    const std::span some(integrations.data(), 3);
    print("snapshot of one pipeline and 3 integrations",
          microseconds_each(5000, [&] { store->snapshot(pipeline, some).value(); }));
    const auto facts_now = store->snapshot(pipeline, some).value();
    std::vector<store::decision_record> decisions;
    for (const auto integration : some) {
        policy::use_request request;
        request.pipeline = pipeline;
        request.integration = integration;
        request.source = policy::source_trust::trusted;
        decisions.push_back({policy::decide(facts_now, request), "action \"Notify\" (buddy.yml:31:20)"});
    }
    print("record_decisions, 3 in the batch",
          microseconds_each(2000, [&] { store->record_decisions(decisions, owner, when).value(); }));
    policy::chain_verifier verifier;
    const auto whole = microseconds_each(1, [&] {
        store->walk_audit(1, [&](const policy::audit_entry& entry) { return verifier.feed(entry); }).value();
    });
    print("walk and verify the audit log: the entry", whole / static_cast<double>(verifier.verified()));
}

}  // namespace

int main() {
    std::string folder = (std::filesystem::temp_directory_path() / "latchkey-bench-XXXXXX").string();
    if (!::mkdtemp(folder.data())) return 1;
    measure(std::filesystem::path(folder) / "normal.db", store::durability::normal);
    measure(std::filesystem::path(folder) / "full.db", store::durability::full);
    measure_grants(std::filesystem::path(folder) / "grants.db");
    std::filesystem::remove_all(folder);
}
