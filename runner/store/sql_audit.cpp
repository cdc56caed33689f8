// SPDX-License-Identifier: Apache-2.0
// The audit log: its tail is read inside the transaction that appends, so the chain has no fork.
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::store {
namespace {

using audit_row =
    std::tuple<std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t, std::string, std::string>;

constexpr int audit_page = 500;

std::optional<policy::chain_hash> hash_from(std::string_view hex) {
    const auto bytes = from_hex_text(hex);
    policy::chain_hash hash{};
    if (!bytes || bytes->size() != hash.size()) return std::nullopt;
    std::ranges::transform(*bytes, hash.begin(), [](char c) { return static_cast<unsigned char>(c); });
    return hash;
}

policy::audit_entry entry_from(const audit_row& row) {
    const auto& [sequence, at, kind_name, actor, revision, facts_text, hash_text] = row;
    policy::audit_entry entry;
    entry.sequence = sequence;
    entry.at = from_stored(at);
    entry.actor = policy::user_id(actor);
    entry.revision = policy::revision(revision);
    const auto kind = policy::audit_kind_from(kind_name);
    auto known_facts = from_pairs_text(facts_text);
    const auto hash = hash_from(hash_text);
    if (kind) entry.kind = *kind;
    if (known_facts) entry.facts = std::move(*known_facts);
    // What can't be read keeps the hash of zero, which no verifier takes.
    if (kind && known_facts && hash) entry.hash = *hash;
    return entry;
}

// Whose business an entry is: of the workspace that what it is about belongs to; 0: the whole store's.
std::int64_t workspace_of(sql_connection& in, const facts& about) {
    constexpr std::pair<std::string_view, std::string_view> ways[] = {
        {"workspace", "SELECT id FROM workspaces WHERE id = :id"},
        {"project", "SELECT workspace FROM projects WHERE id = :id"},
        {"pipeline",
         "SELECT projects.workspace FROM pipelines JOIN projects ON projects.id = pipelines.project "
         "WHERE pipelines.id = :id"},
        {"integration", "SELECT workspace FROM integrations WHERE id = :id"},
        {"run",
         "SELECT projects.workspace FROM runs JOIN projects ON projects.id = runs.project WHERE runs.id = :id"},
    };
    for (const auto& [name, question] : ways) {
        const auto fact = std::ranges::find(about, name, &std::pair<std::string, std::string>::first);
        if (fact == about.end()) continue;
        std::int64_t id = 0;
        const std::string& text = fact->second;
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (wrong != std::errc() || end != text.data() + text.size() || id <= 0) continue;
        if (const auto row = in.one<std::int64_t>(question, id)) return std::get<0>(*row);
    }
    return 0;
}

// Which integration an entry is about; 0: none.
std::int64_t integration_of(const facts& about) {
    const auto fact = std::ranges::find(about, "integration", &std::pair<std::string, std::string>::first);
    std::int64_t id = 0;
    if (fact == about.end()) return 0;
    const std::string& text = fact->second;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
    return wrong == std::errc() && end == text.data() + text.size() && id > 0 ? id : 0;
}

}  // namespace

void append_audit(sql_connection& in, policy::audit_kind kind, policy::user_id actor, policy::revision revision,
                  const facts& about, policy::time_point at, std::optional<std::int64_t> workspace) {
    const auto tail =
        in.one<std::int64_t, std::string>("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
    policy::chain_hash previous{};
    policy::audit_entry entry;
    entry.sequence = 1;
    if (tail) {
        const auto hash = hash_from(std::get<1>(*tail));
        if (!hash) {
            throw sql_error{
                {errc::corrupt, "the last entry of the audit log is damaged: run `latchkey audit verify`"}};
        }
        previous = *hash;
        entry.sequence = std::get<0>(*tail) + 1;
    }
    entry.at = at;
    entry.kind = kind;
    entry.actor = actor;
    entry.revision = revision;
    entry.facts = about;
    entry.hash = policy::hash_of(previous, entry);
    in.exec(
        "INSERT INTO audit (sequence, at, kind, actor, revision, facts, hash, workspace, integration) "
        "VALUES (:sequence, :at, :kind, :actor, :revision, :facts, :hash, :workspace, :integration)",
        entry.sequence, to_stored(at), policy::to_string(kind), actor.value(), revision.value(), to_pairs_text(about),
        policy::to_hex(entry.hash), workspace ? *workspace : workspace_of(in, about), integration_of(about));
    in.exec("UPDATE audit_head SET entries = entries + 1, hash = :hash WHERE id = 1", policy::to_hex(entry.hash));
}

result<audit_head> sql_store::head_of_audit() {
    return read([](sql_connection& in) -> result<audit_head> {
        auto row = in.one<std::int64_t, std::string>("SELECT entries, hash FROM audit_head WHERE id = 1");
        if (!row) return failure(errc::corrupt, "the head of the audit log is missing: the log was touched");
        return audit_head{std::get<0>(*row), std::move(std::get<1>(*row))};
    });
}

void append_decisions(sql_connection& in, std::span<const decision_record> decisions, policy::user_id actor,
                      policy::time_point at) {
    // Those of one run are about one pipeline.
    policy::pipeline_id last;
    std::optional<std::int64_t> workspace;
    for (const auto& [decision, subject] : decisions) {
        if (decision.pipeline() != last || !workspace)
            workspace = workspace_of(in, {{"pipeline", to_fact(decision.pipeline())},
                                          {"integration", to_fact(decision.integration())},
                                          {"run", to_fact(decision.run())}});
        last = decision.pipeline();
        append_audit(in, policy::audit_kind::decision, actor, decision.revision(),
                     {{"decision", to_fact(decision.id())},
                      {"allowed", decision.allowed() ? "yes" : "no"},
                      {"verdict", std::string(policy::to_string(decision.verdict()))},
                      {"integration", to_fact(decision.integration())},
                      {"pipeline", to_fact(decision.pipeline())},
                      {"run", to_fact(decision.run())},
                      {"grant", to_fact(decision.grant())},
                      {"subject", subject}},
                     at, workspace);
    }
}

result<void> sql_store::record_decisions(std::span<const decision_record> decisions, policy::user_id actor,
                                         policy::time_point at) {
    if (decisions.empty()) return {};
    return write([&](sql_connection& in) -> result<void> {
        append_decisions(in, decisions, actor, at);
        return {};
    });
}

result<void> sql_store::audit(policy::audit_kind kind, policy::user_id actor, const facts& about,
                              policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        append_audit(in, kind, actor, current_revision(in), about, at);
        return {};
    });
}

result<void> sql_store::walk_audit(std::int64_t first, const std::function<bool(const policy::audit_entry&)>& visit) {
    while (true) {
        // Page by page, so that a visitor may take its time, and call the store, without holding a reader.
        auto page = read([&](sql_connection& in) -> result<std::vector<audit_row>> {
            return in
                .rows<std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t, std::string, std::string>(
                    "SELECT sequence, at, kind, actor, revision, facts, hash FROM audit "
                    "WHERE sequence >= :first ORDER BY sequence LIMIT :page",
                    first, audit_page);
        });
        if (!page) return page.error();
        for (const auto& row : *page) {
            if (!visit(entry_from(row))) return {};
        }
        if (page->size() < audit_page) return {};
        first = std::get<0>(page->back()) + 1;
    }
}

result<std::vector<policy::audit_entry>> sql_store::audit_of(policy::workspace_id workspace, std::int64_t before,
                                                             int limit) {
    return read([&](sql_connection& in) -> result<std::vector<policy::audit_entry>> {
        std::vector<policy::audit_entry> found;
        for (const auto& row :
             in.rows<std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t, std::string, std::string>(
                 "SELECT sequence, at, kind, actor, revision, facts, hash FROM audit "
                 "WHERE workspace = :workspace AND sequence < :before ORDER BY sequence DESC LIMIT :limit",
                 workspace.value(), before, limit))
            found.push_back(entry_from(row));
        return found;
    });
}

result<std::vector<policy::audit_entry>> sql_store::audit_of(policy::integration_id integration, audit_part part,
                                                             std::int64_t before, int limit) {
    return read([&](sql_connection& in) -> result<std::vector<policy::audit_entry>> {
        std::vector<policy::audit_entry> found;
        for (const auto& row :
             in.rows<std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t, std::string, std::string>(
                 "SELECT sequence, at, kind, actor, revision, facts, hash FROM audit WHERE integration = "
                 ":integration "
                 "AND integration <> 0 AND sequence < :before AND (:everything = 1 OR kind IN ('decision', "
                 "'secret_opened')) ORDER BY sequence DESC LIMIT :limit",
                 integration.value(), before, part == audit_part::all, limit))
            found.push_back(entry_from(row));
        return found;
    });
}

result<policy::time_point> sql_store::integrations_audited_after() {
    return read([](sql_connection& in) -> result<policy::time_point> {
        const auto row = in.one<std::int64_t>("SELECT value FROM counters WHERE name = 'integrations audited after'");
        if (!row) return failure(errc::corrupt, "the store does not say since when its audit log names integrations");
        return from_stored(std::get<0>(*row));
    });
}

}  // namespace latchkey::store
