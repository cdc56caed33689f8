// SPDX-License-Identifier: Apache-2.0
//
// Bitbucket Cloud (repo:push, pullrequest:…) and Bitbucket Data Center (repo:refs_changed, pr:…).
#include "runner/json/parse.hpp"
#include "runner/triggers/payload.hpp"

namespace latchkey::triggers {

namespace {

constexpr std::size_t most_changes = 100;

const nlohmann::json* list_of_changes(payload& p, payload::path names) {
    const nlohmann::json* changes = p.find(names);
    if (changes != nullptr && changes->is_array() && changes->size() <= most_changes) return changes;
    p.refuse("the event has no `changes`, or more than 100");
    return nullptr;
}

void append(std::vector<repository_event>& all, repository_event e) {
    for (repository_event& each : events_of_ref(std::move(e))) all.push_back(std::move(each));
}

std::string cloud_sender(const payload& p) {
    const std::string name = p.text({"actor", "nickname"});
    return name.empty() ? p.text({"actor", "display_name"}) : name;
}

std::string cloud_address(const payload& p) {
    const std::string page = p.text({"repository", "links", "html", "href"});
    return page.empty() ? page : page + ".git";
}

result<told> cloud_push(payload& p) {
    const nlohmann::json* changes = list_of_changes(p, {"push", "changes"});
    if (auto fine = p.checked(); !fine) return fine.error();
    told all;
    for (const nlohmann::json& change : *changes) {
        payload c(change);
        const bool there = c.find({"new"}) != nullptr;
        const std::string_view side = there ? "new" : "old";
        const std::string type = c.required({side, "type"});
        if (type != "branch" && type != "named_branch" && type != "tag") continue;
        repository_event e;
        const std::string name = (type == "tag" ? "refs/tags/" : "refs/heads/") + c.required({side, "name"});
        e.ref = ref_named(name);
        if (e.ref.type == policy::ref_type::none) c.refuse("`name` of a change is no ref's name");
        if (there) e.after = c.commit({"new", "target", "hash"});
        if (c.find({"old"}) != nullptr) e.before = c.commit({"old", "target", "hash"});
        e.repository = cloud_address(p);
        e.sender = cloud_sender(p);
        if (auto fine = c.checked(); !fine) return fine.error();
        append(all.events, std::move(e));
    }
    if (all.events.empty()) all.note = "nothing of branches or tags has changed";
    return all;
}

std::string cloud_action(std::string_view event) {
    if (event == "pullrequest:created") return "opened";
    // It tells new commits and a new title alike.
    if (event == "pullrequest:updated") return "synchronize";
    if (event == "pullrequest:fulfilled" || event == "pullrequest:rejected") return "closed";
    return {};
}

result<told> cloud_pull_request(payload& p, std::string action) {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = std::move(action);
    e.number = p.positive({"pullrequest", "id"});
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + std::to_string(e.number)};
    e.after = p.some_commit({"pullrequest", "source", "commit", "hash"});
    e.base_branch = p.required({"pullrequest", "destination", "branch", "name"});
    e.head_branch = p.required({"pullrequest", "source", "branch", "name"});
    e.title = p.text({"pullrequest", "title"});
    e.repository = cloud_address(p);
    e.sender = cloud_sender(p);
    const std::string base = p.text({"pullrequest", "destination", "repository", "uuid"});
    e.fork = base.empty() || base != p.text({"pullrequest", "source", "repository", "uuid"});
    // There is no ref of a pull request there, only the branch that it comes from.
    if (!e.fork) e.fetched_as = ref_named("refs/heads/" + e.head_branch).name;
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{{std::move(e)}, {}};
}

std::string center_address(const payload& p, payload::path names) {
    const nlohmann::json* all = p.find(names);
    if (all == nullptr || !all->is_array()) return {};
    for (const nlohmann::json& each : *all) {
        const payload link(each);
        if (link.text({"name"}).starts_with("http")) return link.text({"href"});
    }
    return {};
}

result<told> center_push(payload& p) {
    const nlohmann::json* changes = list_of_changes(p, {"changes"});
    if (auto fine = p.checked(); !fine) return fine.error();
    told all;
    for (const nlohmann::json& change : *changes) {
        payload c(change);
        repository_event e;
        e.ref = c.ref({"ref", "id"});
        e.before = c.commit({"fromHash"});
        e.after = c.commit({"toHash"});
        e.repository = center_address(p, {"repository", "links", "clone"});
        e.sender = p.text({"actor", "name"});
        if (auto fine = c.checked(); !fine) return fine.error();
        if (e.ref.type != policy::ref_type::none) append(all.events, std::move(e));
    }
    if (all.events.empty()) all.note = "nothing of branches or tags has changed";
    return all;
}

std::string center_action(std::string_view event) {
    if (event == "pr:opened") return "opened";
    if (event == "pr:from_ref_updated") return "synchronize";
    if (event == "pr:modified") return "edited";
    if (event == "pr:merged" || event == "pr:declined" || event == "pr:deleted") return "closed";
    return {};
}

std::string branch_in(payload& p, payload::path names) {
    const policy::ref ref = p.ref(names);
    if (ref.type == policy::ref_type::branch) return ref.name.substr(11);
    p.refuse("a pull request of the event is of no branch");
    return {};
}

result<told> center_pull_request(payload& p, std::string action) {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = std::move(action);
    e.number = p.positive({"pullRequest", "id"});
    const std::string number = std::to_string(e.number);
    e.ref = {policy::ref_type::pull_request, "refs/pull/" + number};
    e.fetched_as = "refs/pull-requests/" + number + "/from";
    e.after = p.commit({"pullRequest", "fromRef", "latestCommit"});
    if (p.find({"previousFromHash"}) != nullptr) e.before = p.commit({"previousFromHash"});
    e.base_branch = branch_in(p, {"pullRequest", "toRef", "id"});
    e.head_branch = branch_in(p, {"pullRequest", "fromRef", "id"});
    e.title = p.text({"pullRequest", "title"});
    e.repository = center_address(p, {"pullRequest", "toRef", "repository", "links", "clone"});
    e.sender = p.text({"actor", "name"});
    const auto base = p.number({"pullRequest", "toRef", "repository", "id"});
    const auto head = p.number({"pullRequest", "fromRef", "repository", "id"});
    e.fork = !base || !head || *base != *head;
    if (auto fine = p.checked(); !fine) return fine.error();
    return told{{std::move(e)}, {}};
}

}  // namespace

result<told> read_bitbucket(std::string_view event, std::string_view body) {
    auto json = parse_json(body);
    if (!json) return json.error();
    payload p(*json);
    if (event == "repo:push") return cloud_push(p);
    if (event == "repo:refs_changed") return center_push(p);
    if (const std::string action = cloud_action(event); !action.empty()) return cloud_pull_request(p, action);
    if (const std::string action = center_action(event); !action.empty()) return center_pull_request(p, action);
    if (event == "diagnostics:ping") return nothing("the hook is in order");
    return nothing("this event starts nothing");
}

}  // namespace latchkey::triggers
