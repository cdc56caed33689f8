// SPDX-License-Identifier: Apache-2.0
// The audit log, for administrators: what is about their workspace, and whether the whole chain holds.
#include "policy/audit_log.hpp"
#include "runner/server/audit_search.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/query.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace latchkey::server {

namespace {

constexpr std::int64_t most_entries = 1000;
// So many are looked at with one question to the store, however few are wanted.
constexpr int page = 500;
// How far back one call looks: a search that finds little goes on with the next one.
constexpr std::int64_t most_looked_at = 50'000;

// ?expect=COUNT:HASH, a head that was told before.
result<std::optional<store::audit_head>> expected_head(const call& c) {
    const std::string* text = c.request.parameter("expect");
    if (text == nullptr || text->empty()) return std::optional<store::audit_head>();
    store::audit_head head;
    const char* const end = text->data() + text->size();
    const auto [at, wrong] = std::from_chars(text->data(), end, head.entries);
    if (wrong != std::errc() || at == end || *at != ':' || head.entries < 1 || end - at != 65)
        return failure(errc::usage, "`expect` must be COUNT:HASH, as it was told before");
    head.hash.assign(at + 1, end);
    return std::optional(head);
}

}  // namespace

json view(const call& c, const policy::audit_entry& e) {
    json about = json::object();
    for (const auto& [name, value] : e.facts) about[name] = value;
    return {{"sequence", e.sequence},        {"date", time_text(e.at)},        {"kind", policy::to_string(e.kind)},
            {"actor", person(c, e.actor)},   {"revision", e.revision.value()}, {"facts", std::move(about)},
            {"hash", policy::to_hex(e.hash)}};
}

result<answer> list_audit(call& c) {
    constexpr auto newest = std::numeric_limits<std::int64_t>::max();
    const auto before = number_asked(c, "before", newest, 1, newest);
    if (!before) return before.error();
    const auto limit = number_asked(c, "limit", 100, 1);
    if (!limit) return limit.error();
    const auto wanted = audit_search::asked_by(c);
    if (!wanted) return wanted.error();
    const auto first = c.server.stores.runs->audit_of(c.workspace->id, *before, 1);
    if (!first) return first.error();
    store::audit_wish wish = wanted->wish;
    std::int64_t at = first->empty() ? 1 : first->front().sequence + 1;
    wish.least = std::max<std::int64_t>(at - most_looked_at, 1);
    const auto most = static_cast<std::size_t>(std::min(*limit, most_entries));
    audit_names names(c);
    json items = json::array();
    for (bool more = true; more && items.size() < most;) {
        auto some = c.server.stores.runs->audit_of(c.workspace->id, wish, at, page);
        if (!some) return some.error();
        more = some->size() == page;
        if (!more) at = wish.least;
        for (const policy::audit_entry& e : *some) {
            const auto fits = wanted->fits(names, e);
            if (!fits) return fits.error();
            if (more) at = e.sequence;
            if (!*fits) continue;
            auto named = names.of(e);
            if (!named) return named.error();
            json v = view(c, e);
            v["about"] = std::move(*named);
            items.push_back(std::move(v));
            if (items.size() < most) continue;
            at = e.sequence;
            break;
        }
    }
    json all = list_of(c.workspace_url() + "/audit", "entries", std::move(items));
    // Where to go on; null: there is nothing before it, or nothing that could fit.
    all["next"] = at > 1 ? json(at) : json();
    return answer{200, std::move(all), {}};
}

result<answer> verify_audit(call& c) {
    // Before the walk: what is written meanwhile is no gap, and an end that was cut off is.
    auto head = c.server.stores.runs->head_of_audit();
    if (!head) return head.error();
    auto expected = expected_head(c);
    if (!expected) return expected.error();
    policy::chain_verifier verifier;
    std::string at_head;
    std::string at_expected;
    auto walked = c.server.stores.runs->walk_audit(1, [&](const policy::audit_entry& e) {
        if (!verifier.feed(e)) return false;
        if (e.sequence == head->entries) at_head = policy::to_hex(e.hash);
        if (*expected && e.sequence == (*expected)->entries) at_expected = policy::to_hex(e.hash);
        return true;
    });
    if (!walked) return walked.error();
    const bool whole = verifier.first_broken() == 0 && at_head == head->hash;
    return answer{200,
                  {{"whole", whole},
                   {"verified", verifier.verified()},
                   {"first_broken", verifier.first_broken() == 0 ? json() : json(verifier.first_broken())},
                   {"entries", head->entries},
                   {"head", head->hash},
                   {"expected", !*expected                         ? json()
                                : at_expected.empty()              ? json("missing")
                                : at_expected == (*expected)->hash ? json("there")
                                                                   : json("another")}},
                  {}};
}

}  // namespace latchkey::server
