// SPDX-License-Identifier: Apache-2.0
//
// Our own kind, for any git server's hooks:
//   {"ref": "refs/heads/main", "before": "<commit>", "after": "<commit>", "repository": "…", "sender": "…"}
// 0…0 stands for none: a new ref, or a removed one. A pull request instead:
//   {"pull_request": {"number": 7, "action": "opened", "commit": "<commit>", "base_branch": "main",
//    "head_branch": "fix", "ref": "refs/pull/7/head", "fork": false, "title": "…"}, "repository": "…", "sender": "…"}
// One that does not say `"fork": false` is a fork's.
#include "runner/json/parse.hpp"
#include "runner/source/address.hpp"
#include "runner/triggers/payload.hpp"

namespace latchkey::triggers {

namespace {

result<told> generic_pull_request(payload& p) {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = p.required({"pull_request", "action"});
    e.number = p.positive({"pull_request", "number"});
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + std::to_string(e.number)};
    e.fetched_as = p.text({"pull_request", "ref"});
    if (!e.fetched_as.empty() && !source::is_ref_name(e.fetched_as))
        p.refuse("`pull_request.ref` of the event is no ref's whole name");
    e.after = p.commit({"pull_request", "commit"});
    e.base_branch = p.required({"pull_request", "base_branch"});
    e.head_branch = p.text({"pull_request", "head_branch"});
    e.title = p.text({"pull_request", "title"});
    e.repository = p.text({"repository"});
    e.sender = p.text({"sender"});
    const nlohmann::json* fork = p.find({"pull_request", "fork"});
    e.fork = fork == nullptr || !fork->is_boolean() || fork->get<bool>();
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{{std::move(e)}, {}};
}

}  // namespace

result<told> read_generic(std::string_view body) {
    auto json = parse_json(body);
    if (!json) return json.error();
    payload p(*json);
    if (p.find({"pull_request"}) != nullptr) return generic_pull_request(p);
    repository_event e;
    e.ref = p.ref({"ref"});
    e.before = p.commit({"before"});
    e.after = p.commit({"after"});
    e.repository = p.text({"repository"});
    e.sender = p.text({"sender"});
    if (e.ref.type == policy::ref_type::none) p.refuse("`ref` of the event is neither a branch nor a tag");
    if (e.before.empty() && e.after.empty()) p.refuse("`before` and `after` of the event are both none");
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{events_of_ref(std::move(e)), {}};
}

}  // namespace latchkey::triggers
