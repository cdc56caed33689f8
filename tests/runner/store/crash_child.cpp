// SPDX-License-Identifier: Apache-2.0
// Works on a store until it is killed: appends events and grants, and says on standard output what was acknowledged.
#include "runner/store/sqlite_store.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

using namespace latchkey;

namespace {

constexpr policy::time_point when{std::chrono::milliseconds(1000)};

template <class T>
T must(result<T> outcome) {
    if (outcome) return std::move(*outcome);
    std::fprintf(stderr, "%s\n", outcome.error().what.c_str());
    std::_Exit(2);
}

void must(const result<void>& outcome) {
    if (outcome) return;
    std::fprintf(stderr, "%s\n", outcome.error().what.c_str());
    std::_Exit(2);
}

void acknowledge(const std::string& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

run::event make(std::int64_t sequence, run::event_kind kind, run::status status) {
    run::event event;
    event.sequence = sequence;
    event.at = when;
    event.kind = kind;
    event.status = status;
    event.text = "event " + std::to_string(sequence);
    return event;
}

// One run from its creation to a retry that was granted.
void work(store::store& store, policy::pipeline_id pipeline, policy::integration_id integration) {
    const policy::user_id owner(1);
    store::new_run wanted;
    wanted.pipeline = pipeline;
    wanted.actor = owner;
    const auto run = must(store.create_run(wanted, "- pipeline: p"));
    const auto id = std::to_string(run.id.value());
    acknowledge("run " + id + " 1 0\n");
    for (std::int64_t sequence = 1; sequence <= 5; sequence += 2) {
        const run::event events[] = {make(sequence, run::event_kind::warning, run::status::initial),
                                     sequence == 5
                                         ? make(6, run::event_kind::attempt_ended, run::status::failed)
                                         : make(sequence + 1, run::event_kind::warning, run::status::initial)};
        must(store.append_events(run.id, 1, events));
        acknowledge("run " + id + " 1 " + std::to_string(sequence + 1) + "\n");
    }
    static_cast<void>(must(store.grant_and_retry({run.id, owner, {integration}, {}, "key " + id, when, -1})));
    acknowledge("run " + id + " 2 0\n");
    const run::event last[] = {make(1, run::event_kind::attempt_ended, run::status::successful)};
    must(store.append_events(run.id, 2, last));
    acknowledge("run " + id + " 2 1\n");
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) return 1;
    const auto store = must(store::open_sqlite(words[1]));
    const policy::pipeline_id pipeline(std::atoll(words[2]));
    const policy::integration_id integration(std::atoll(words[3]));
    while (true) work(*store, pipeline, integration);
}
