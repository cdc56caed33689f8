// SPDX-License-Identifier: Apache-2.0
//
// Gitea and Forgejo: push, delete, and pull_request with its kinds. A new ref is told by push, too, and so is a
// removed tag.
#include "runner/json/parse.hpp"
#include "runner/triggers/payload.hpp"

namespace latchkey::triggers {

namespace {

std::string gitea_sender(const payload& p) {
    const std::string login = p.text({"sender", "login"});
    return login.empty() ? p.text({"sender", "username"}) : login;
}

result<told> gitea_push(payload& p) {
    repository_event e;
    e.ref = p.ref({"ref"});
    e.before = p.commit({"before"});
    e.after = p.commit({"after"});
    if (e.ref.type == policy::ref_type::tag && !e.after.empty() && p.find({"head_commit", "id"}) != nullptr)
        e.after = p.commit({"head_commit", "id"});
    e.repository = p.text({"repository", "clone_url"});
    e.sender = gitea_sender(p);
    if (auto fine = p.checked(); !fine) return fine.error();
    if (e.ref.type == policy::ref_type::none) return nothing("this is neither a branch nor a tag");
    return told{events_of_ref(std::move(e)), {}};
}

result<told> gitea_delete(payload& p) {
    const std::string kind = p.required({"ref_type"});
    const std::string name = p.required({"ref"});
    if (auto fine = p.checked(); !fine) return fine.error();
    if (kind != "branch") return nothing("removed tags are told by the event push: choose it in the hook's settings");
    repository_event e;
    e.ref = ref_named(name.starts_with("refs/") ? name : "refs/heads/" + name);
    if (e.ref.type != policy::ref_type::branch) return failure(errc::usage, "`ref` of the event is no branch's name");
    e.repository = p.text({"repository", "clone_url"});
    e.sender = gitea_sender(p);
    return told{events_of_ref(std::move(e)), {}};
}

std::string gitea_action(const std::string& action) {
    if (action == "synchronized") return "synchronize";
    if (action == "label_updated") return "labeled";
    if (action == "label_cleared") return "unlabeled";
    return action;
}

result<told> gitea_pull_request(payload& p) {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = gitea_action(p.required({"action"}));
    e.number = p.positive({"number"});
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + std::to_string(e.number)};
    e.fetched_as = e.ref.name + "/head";
    e.after = p.commit({"pull_request", "head", "sha"});
    e.base_branch = p.required({"pull_request", "base", "ref"});
    e.head_branch = p.required({"pull_request", "head", "ref"});
    e.title = p.text({"pull_request", "title"});
    e.repository = p.text({"repository", "clone_url"});
    e.sender = gitea_sender(p);
    const auto base = p.number({"pull_request", "base", "repo_id"});
    const auto head = p.number({"pull_request", "head", "repo_id"});
    e.fork = !base || !head || *head <= 0 || *base != *head;
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{{std::move(e)}, {}};
}

}  // namespace

result<told> read_gitea(std::string_view event, std::string_view body) {
    auto json = parse_json(body);
    if (!json) return json.error();
    payload p(*json);
    if (event == "push") return gitea_push(p);
    if (event == "delete") return gitea_delete(p);
    if (event == "create") return nothing("new refs are told by the event push: choose it in the hook's settings");
    // Its comments and reviews have names of their own that begin likewise.
    for (const char* kind : {"pull_request", "pull_request_sync", "pull_request_label", "pull_request_assign",
                             "pull_request_milestone", "pull_request_review_request"})
        if (event == kind) return gitea_pull_request(p);
    return nothing("this event starts nothing");
}

}  // namespace latchkey::triggers
