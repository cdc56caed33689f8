// SPDX-License-Identifier: Apache-2.0
// What a run lacked, for each reader. The store keeps the report as it may be read by everybody, and beside it the
// numbers of the integrations; names and who can grant are put in for those who may know.
#include "pipelines/characters.hpp"
#include "policy/decision.hpp"
#include "runner/run/report.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/run_executor.hpp"

#include <algorithm>
#include <sstream>

namespace latchkey::server {

namespace {

constexpr std::string_view first_line = "Missing permissions to the following integration:";

std::vector<std::string> blocks_of(const std::string& report) {
    std::vector<std::string> all;
    for (std::size_t at = report.find(first_line); at != std::string::npos;) {
        const std::size_t next = report.find("\n" + std::string(first_line), at);
        all.push_back(report.substr(at, next == std::string::npos ? next : next - at));
        at = next == std::string::npos ? next : next + 1;
    }
    return all;
}

std::vector<policy::integration_id> numbers_in(const std::string& text) {
    std::vector<policy::integration_id> all;
    std::istringstream in(text);
    for (std::int64_t n = 0; in >> n;) all.emplace_back(n);
    return all;
}

// The block with what this reader may know besides.
std::string named(const std::string& block, const std::string& name, const run::missing_integration* now,
                  const std::string& grant_command) {
    std::string text = std::string(first_line) + " " + pipelines::plain(name) + block.substr(first_line.size());
    while (text.ends_with("\n\n")) text.pop_back();
    if (now == nullptr) return text;
    // The lines that only a block with a name has.
    const std::string whole = run::report_of({*now}, grant_command);
    for (const std::string_view label : {"\n  can grant", "\n  grant    "}) {
        const std::size_t at = whole.find(label);
        if (at == std::string::npos) continue;
        text += whole.substr(at + 1, whole.find('\n', at + 1) - at);
    }
    return text;
}

}  // namespace

result<std::vector<policy::integration_id>> lacked_by(const call& c, const store::run_record& run,
                                                      const store::attempt_record& attempt) {
    auto noted = c.server.stores.runs->events_of_kind(run.id, attempt.number, run::event_kind::missing);
    if (!noted) return noted.error();
    if (noted->empty()) return std::vector<policy::integration_id>();
    std::vector<policy::integration_id> ids = numbers_in(noted->back().text);
    std::erase_if(ids, [](policy::integration_id id) { return !id.valid(); });
    return ids;
}

result<std::string> denial_for(const call& c, const store::run_record& run, const store::attempt_record& attempt) {
    store::store& runs = *c.server.stores.runs;
    auto noted = runs.events_of_kind(run.id, attempt.number, run::event_kind::missing);
    if (!noted) return noted.error();
    std::string report = attempt.error;
    if (attempt.status == run::status::waiting_for_permission) {
        auto waits = runs.events_of_kind(run.id, attempt.number, run::event_kind::waiting);
        if (!waits) return waits.error();
        if (!waits->empty()) report = waits->back().text;
    }
    const std::vector<std::string> blocks = blocks_of(report);
    if (noted->empty() || blocks.empty()) return std::string();
    std::vector<policy::integration_id> ids = numbers_in(noted->back().text);
    ids.resize(blocks.size());
    std::vector<policy::integration_id> known = ids;
    std::erase_if(known, [](policy::integration_id id) { return !id.valid(); });
    auto facts = runs.snapshot(run.pipeline, known);
    if (!facts) return facts.error();
    // Who can grant it is said while it can be: of the last attempt.
    std::vector<run::missing_integration> now;
    if (attempt.number == run.attempts.back().number && c.server.runs != nullptr) {
        auto missing = c.server.runs->runs().missing(run, c.actor());
        if (!missing) return missing.error();
        now = std::move(*missing);
    }
    std::string text;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (!text.empty()) text += "\n";
        if (!ids[i].valid() || !policy::may_see(*facts, c.actor(), ids[i])) {
            text += blocks[i];
            continue;
        }
        auto record = runs.integration(ids[i]);
        if (!record) {
            text += blocks[i];
            continue;
        }
        const auto still = std::ranges::find(now, ids[i], &run::missing_integration::integration);
        text +=
            named(blocks[i], record->name + " (" + record->identifier + ")", still == now.end() ? nullptr : &*still,
                  "latchkey retry " + std::to_string(run.number) + " --grant");
    }
    return text;
}

}  // namespace latchkey::server
