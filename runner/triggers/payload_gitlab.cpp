// SPDX-License-Identifier: Apache-2.0
//
// GitLab: push, tag_push, and merge_request, whose actions are put into GitHub's words.
#include "runner/json/parse.hpp"
#include "runner/triggers/payload.hpp"

#include <algorithm>

namespace latchkey::triggers {

namespace {

result<told> gitlab_push(payload& p) {
    repository_event e;
    e.ref = p.ref({"ref"});
    e.before = p.commit({"before"});
    e.after = p.commit({"after"});
    // A tag with a message has a number of its own; the commit's is here.
    if (!e.after.empty() && p.find({"checkout_sha"}) != nullptr) e.after = p.commit({"checkout_sha"});
    e.repository = p.text({"project", "git_http_url"});
    e.sender = p.text({"user_username"});
    if (e.sender.empty()) e.sender = p.text({"user_name"});
    if (auto fine = p.checked(); !fine) return fine.error();
    if (e.ref.type == policy::ref_type::none) return nothing("this is neither a branch nor a tag");
    return told{events_of_ref(std::move(e)), {}};
}

// One of these changed from the first to the second.
bool grows(const payload& p, std::string_view what) {
    const nlohmann::json* before = p.find({"changes", what, "previous"});
    const nlohmann::json* now = p.find({"changes", what, "current"});
    return now != nullptr && now->is_array() &&
           (before == nullptr || !before->is_array() || now->size() >= before->size());
}

std::string what_was_updated(const payload& p) {
    if (!p.text({"object_attributes", "oldrev"}).empty()) return "synchronize";
    if (p.find({"changes", "labels"}) != nullptr) return grows(p, "labels") ? "labeled" : "unlabeled";
    if (p.find({"changes", "assignees"}) != nullptr) return grows(p, "assignees") ? "assigned" : "unassigned";
    if (p.find({"changes", "reviewers"}) != nullptr)
        return grows(p, "reviewers") ? "review_requested" : "review_request_removed";
    if (p.find({"changes", "draft", "current"}) != nullptr)
        return p.flag({"changes", "draft", "current"}) ? "converted_to_draft" : "ready_for_review";
    return "edited";
}

std::string gitlab_action(const payload& p, const std::string& action) {
    if (action == "open") return "opened";
    if (action == "reopen") return "reopened";
    if (action == "close" || action == "merge") return "closed";
    if (action == "update") return what_was_updated(p);
    return {};
}

result<told> gitlab_merge_request(payload& p) {
    const std::string action = p.required({"object_attributes", "action"});
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = gitlab_action(p, action);
    e.number = p.positive({"object_attributes", "iid"});
    const std::string number = std::to_string(e.number);
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + number};
    e.fetched_as = "refs/merge-requests/" + number + "/head";
    e.after = p.commit({"object_attributes", "last_commit", "id"});
    if (!p.text({"object_attributes", "oldrev"}).empty()) e.before = p.commit({"object_attributes", "oldrev"});
    e.base_branch = p.required({"object_attributes", "target_branch"});
    e.head_branch = p.required({"object_attributes", "source_branch"});
    e.title = p.text({"object_attributes", "title"});
    e.repository = p.text({"project", "git_http_url"});
    e.sender = p.text({"user", "username"});
    const auto base = p.number({"object_attributes", "target_project_id"});
    const auto head = p.number({"object_attributes", "source_project_id"});
    e.fork = !base || !head || *base != *head;
    if (auto fine = p.checked(); !fine) return fine.error();
    if (e.action.empty()) return nothing("this change of a merge request starts nothing");
    return told{{std::move(e)}, {}};
}

}  // namespace

result<told> read_gitlab(std::string_view event, std::string_view body) {
    auto json = parse_json(body);
    if (!json) return json.error();
    payload p(*json);
    // A system hook names all of them alike; what is signed counts.
    const std::string kind = p.text({"object_kind"});
    if (kind == "push" || kind == "tag_push") return gitlab_push(p);
    if (kind == "merge_request") return gitlab_merge_request(p);
    if (kind.empty() && event.empty()) return failure(errc::usage, "the event has no `object_kind`");
    return nothing("this event starts nothing");
}

}  // namespace latchkey::triggers
