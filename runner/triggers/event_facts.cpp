// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/event_facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::triggers {

namespace {

struct text_fact {
    const char* name;
    std::string repository_event::* member;
};

constexpr std::array<text_fact, 9> text_facts = {{
    {"action", &repository_event::action},
    {"fetched_as", &repository_event::fetched_as},
    {"before", &repository_event::before},
    {"after", &repository_event::after},
    {"base_branch", &repository_event::base_branch},
    {"head_branch", &repository_event::head_branch},
    {"repository", &repository_event::repository},
    {"sender", &repository_event::sender},
    {"title", &repository_event::title},
}};

constexpr std::array<event_kind, 4> all_kinds = {event_kind::push, event_kind::create_ref, event_kind::delete_ref,
                                                 event_kind::pull_request};

policy::ref_type type_of_ref(const std::string& name) {
    if (name.starts_with("refs/heads/")) return policy::ref_type::branch;
    if (name.starts_with("refs/tags/")) return policy::ref_type::tag;
    if (name.starts_with("refs/pull/")) return policy::ref_type::pull_request;
    return policy::ref_type::none;
}

}  // namespace

fact_list facts_of(const repository_event& e) {
    fact_list out = {{"event", std::string(name_of(e.kind))}, {"ref", e.ref.name}};
    for (const text_fact& f : text_facts)
        if (!(e.*f.member).empty()) out.emplace_back(f.name, e.*f.member);
    if (e.number != 0) out.emplace_back("number", std::to_string(e.number));
    if (!e.fork) out.emplace_back("fork", "false");
    return out;
}

std::optional<repository_event> event_from(const fact_list& facts) {
    const auto of = [&facts](std::string_view name) {
        const auto at = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
        return at == facts.end() ? std::string() : at->second;
    };
    repository_event e;
    const auto kind = std::ranges::find(all_kinds, of("event"), [](event_kind k) { return std::string(name_of(k)); });
    if (kind == all_kinds.end()) return std::nullopt;
    e.kind = *kind;
    e.ref = {type_of_ref(of("ref")), of("ref")};
    const bool request = e.kind == event_kind::pull_request;
    if (e.ref.type == policy::ref_type::none || request != (e.ref.type == policy::ref_type::pull_request))
        return std::nullopt;
    for (const text_fact& f : text_facts) e.*f.member = of(f.name);
    const std::string number = of("number");
    std::from_chars(number.data(), number.data() + number.size(), e.number);
    e.fork = of("fork") != "false";
    return e;
}

}  // namespace latchkey::triggers
