// SPDX-License-Identifier: Apache-2.0
//
// GitHub: push (which tells of new and removed refs, too) and pull_request.
#include "runner/json/parse.hpp"
#include "runner/triggers/payload.hpp"

namespace latchkey::triggers {

namespace {

result<told> github_push(payload& p) {
    repository_event e;
    e.ref = p.ref({"ref"});
    e.before = p.commit({"before"});
    e.after = p.commit({"after"});
    // A tag with a message has a number of its own; the commit's is here.
    if (e.ref.type == policy::ref_type::tag && !e.after.empty() && p.find({"head_commit", "id"}) != nullptr)
        e.after = p.commit({"head_commit", "id"});
    e.repository = p.text({"repository", "clone_url"});
    e.sender = p.text({"sender", "login"});
    if (e.sender.empty()) e.sender = p.text({"pusher", "name"});
    if (auto fine = p.checked(); !fine) return fine.error();
    if (e.ref.type == policy::ref_type::none) return nothing("this is neither a branch nor a tag");
    return told{events_of_ref(std::move(e)), {}};
}

result<told> github_pull_request(payload& p) {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = p.required({"action"});
    e.number = p.positive({"number"});
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + std::to_string(e.number)};
    e.fetched_as = e.ref.name + "/head";
    e.after = p.commit({"pull_request", "head", "sha"});
    if (p.find({"before"}) != nullptr) e.before = p.commit({"before"});
    e.base_branch = p.required({"pull_request", "base", "ref"});
    e.head_branch = p.required({"pull_request", "head", "ref"});
    e.title = p.text({"pull_request", "title"});
    e.repository = p.text({"repository", "clone_url"});
    e.sender = p.text({"sender", "login"});
    // A fork that is gone has no repository: it is a fork.
    const auto base = p.number({"pull_request", "base", "repo", "id"});
    const auto head = p.number({"pull_request", "head", "repo", "id"});
    e.fork = !base || !head || *base != *head;
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{{std::move(e)}, {}};
}

}  // namespace

result<told> read_github(std::string_view event, std::string_view body) {
    auto json = parse_json(body);
    if (!json) return json.error();
    payload p(*json);
    if (event == "push") return github_push(p);
    if (event == "pull_request") return github_pull_request(p);
    if (event == "ping") return nothing("the hook is in order");
    if (event == "create" || event == "delete")
        return nothing("new and removed refs are told by the event push: choose it in the hook's settings");
    return nothing("this event starts nothing");
}

}  // namespace latchkey::triggers
