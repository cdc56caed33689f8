// SPDX-License-Identifier: Apache-2.0
#include "pipelines/variables.hpp"

#include <algorithm>
#include <array>

namespace latchkey::pipelines {

namespace {

bool starts_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool continues_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9');
}

struct variable_reference {
    std::string_view name;
    std::size_t length = 0;  // with `$` and braces; 0: not a reference
};

// Text that begins with `$`.
variable_reference reference_at(std::string_view text) {
    const bool braces = text.size() > 1 && text[1] == '{';
    const std::size_t begin = braces ? 2 : 1;
    if (begin >= text.size() || !starts_name(text[begin])) return {};
    std::size_t end = begin;
    while (end < text.size() && (continues_name(text[end]) || (braces && text[end] == '.'))) ++end;
    const std::string_view name = text.substr(begin, end - begin);
    if (!braces) return {name, end};
    if (end == text.size() || text[end] != '}') return {};
    if (name.find('.') != std::string_view::npos && name_of_dotted(name).empty()) return {};
    return {name, end + 1};
}

struct dotted_name {
    std::string_view dotted;
    std::string_view name;
};

constexpr std::array dotted_names = {
    dotted_name{"execution.action.name", "BUDDY_FAILED_ACTION_NAME"},
    dotted_name{"execution.branch.name", "BUDDY_RUN_BRANCH"},
    dotted_name{"execution.comment", "BUDDY_RUN_COMMENT"},
    dotted_name{"execution.from_revision.revision", "BUDDY_RUN_PRE_COMMIT"},
    dotted_name{"execution.html_url", "BUDDY_RUN_URL"},
    dotted_name{"execution.id", "BUDDY_RUN_ID"},
    dotted_name{"execution.mode", "BUDDY_RUN_MODE"},
    dotted_name{"execution.pipeline.id", "BUDDY_PIPELINE_ID"},
    dotted_name{"execution.pipeline.last_execution_revision", "BUDDY_RUN_PRE_COMMIT"},
    dotted_name{"execution.pipeline.name", "BUDDY_PIPELINE_NAME"},
    dotted_name{"execution.refresh", "BUDDY_RUN_REFRESH"},
    dotted_name{"execution.start_date", "BUDDY_RUN_START_DATE"},
    dotted_name{"execution.tag.name", "BUDDY_RUN_TAG"},
    dotted_name{"execution.to_revision.message", "BUDDY_RUN_COMMIT_MESSAGE"},
    dotted_name{"execution.to_revision.revision", "BUDDY_RUN_COMMIT"},
    dotted_name{"execution.to_revision.short_revision", "BUDDY_RUN_COMMIT_SHORT"},
    dotted_name{"invoker.email", "BUDDY_TRIGGERING_ACTOR_EMAIL"},
    dotted_name{"invoker.id", "BUDDY_TRIGGERING_ACTOR_ID"},
    dotted_name{"invoker.name", "BUDDY_TRIGGERING_ACTOR_NAME"},
    dotted_name{"invoker.url", "BUDDY_TRIGGERING_ACTOR_URL"},
    dotted_name{"pipeline.id", "BUDDY_PIPELINE_ID"},
    dotted_name{"pipeline.name", "BUDDY_PIPELINE_NAME"},
    dotted_name{"project.html_url", "BUDDY_PROJECT_URL"},
    dotted_name{"project.name", "BUDDY_PROJECT_NAME_ID"},
    dotted_name{"scm.url", "BUDDY_SCM_URL"},
    dotted_name{"workspace.domain", "BUDDY_WORKSPACE_DOMAIN"},
    dotted_name{"workspace.name", "BUDDY_WORKSPACE_NAME"},
};
static_assert(std::ranges::is_sorted(dotted_names, {}, &dotted_name::dotted));

class builtin_list {
public:
    // Under its name and, where it had another, under that one.
    void add(std::string_view name, const std::string& value, std::string_view alias = {}) {
        out_.emplace_back(name, value);
        if (!alias.empty()) out_.emplace_back(alias, value);
    }
    // BUDDY_RUN_<name>, once BUDDY_EXECUTION_<old>; `old` empty: the same.
    void run(std::string_view name, const std::string& value, std::string_view old = {}) {
        add("BUDDY_RUN_" + std::string(name), value, "BUDDY_EXECUTION_" + std::string(old.empty() ? name : old));
    }
    // BUDDY_TRIGGERING_ACTOR_<name>, once BUDDY_INVOKER_<name>.
    void actor(std::string_view name, const std::string& value) {
        add("BUDDY_TRIGGERING_ACTOR_" + std::string(name), value, "BUDDY_INVOKER_" + std::string(name));
    }
    std::vector<std::pair<std::string, std::string>> sorted() && {
        std::ranges::sort(out_);
        return std::move(out_);
    }

private:
    std::vector<std::pair<std::string, std::string>> out_;
};

const std::string& truth(bool value) {
    static const std::string yes = "true";
    static const std::string no = "false";
    return value ? yes : no;
}

void add_run(builtin_list& list, const run_facts& facts) {
    list.run("ID", facts.run_number);
    list.run("HASH", facts.run_hash);
    list.run("URL", facts.run_url);
    list.run("APPROVE_URL", facts.run_url);
    list.run("COMMENT", facts.comment);
    list.run("MODE", facts.mode);
    list.run("EVENT_TYPE", facts.event_type);
    list.run("START_DATE", facts.start_date);
    list.run("REFRESH", truth(facts.refresh));
    list.run("CLEAR_CACHE", truth(facts.clear_cache));
    list.run("BRANCH", facts.branch);
    list.run("TAG", facts.tag);
    list.run("REF_TYPE", facts.ref_type);
    list.run("REF_NAME", facts.ref_name);
    list.run("CHANGELOG", facts.changelog);
    list.run("CHANGELOG_ADDED", facts.changelog_added);
    list.run("CHANGELOG_CHANGED", facts.changelog_changed);
    list.run("CHANGELOG_DELETED", facts.changelog_deleted);
    list.run("COMMIT", facts.commit, "REVISION");
    list.run("COMMIT_SHORT", facts.commit_short, "REVISION_SHORT");
    list.run("COMMIT_MESSAGE", facts.commit_message, "REVISION_MESSAGE");
    list.run("COMMIT_SUBJECT", facts.commit_subject, "REVISION_SUBJECT");
    list.run("COMMIT_URL", facts.commit_url, "REVISION_URL");
    list.run("COMMIT_COMMITTER_NAME", facts.committer_name, "REVISION_COMMITTER_NAME");
    list.run("COMMIT_COMMITTER_EMAIL", facts.committer_email, "REVISION_COMMITTER_EMAIL");
    list.run("PRE_COMMIT", facts.previous_commit, "PREVIOUS_REVISION");
    list.run("PRE_COMMIT_SUBJECT", facts.previous_commit_subject, "PREVIOUS_REVISION_SUBJECT");
    list.run("PR_ID", facts.pull_request_id, "PULL_REQUEST_ID");
    list.run("PR_NO", facts.pull_request_number, "PULL_REQUEST_NO");
    list.run("PR_BASE_BRANCH", facts.pull_request_base, "PULL_REQUEST_BASE_BRANCH");
    list.run("PR_HEAD_BRANCH", facts.pull_request_head, "PULL_REQUEST_HEAD_BRANCH");
    list.run("PR_IS_DRAFT", facts.pull_request_is_draft, "PULL_REQUEST_IS_DRAFT");
}

}  // namespace

std::string interpolate(std::string_view field, const variable_lookup& value_of, std::vector<std::string>* unknown) {
    std::string out;
    while (!field.empty()) {
        const std::size_t literal = std::min(field.find('$'), field.size());
        out += field.substr(0, literal);
        field.remove_prefix(literal);
        if (field.empty()) break;
        const variable_reference reference = reference_at(field);
        if (reference.length == 0) {
            // A second `$` belongs to the first: `$$NAME` is text.
            const std::size_t length = field.starts_with("$$") ? 2 : 1;
            out += field.substr(0, length);
            field.remove_prefix(length);
        } else {
            const std::string_view renamed = name_of_dotted(reference.name);
            const std::string_view name = renamed.empty() ? reference.name : renamed;
            if (const std::optional<std::string> value = value_of(name)) {
                out += *value;
            } else if (unknown != nullptr) {
                unknown->emplace_back(reference.name);
            }
            field.remove_prefix(reference.length);
        }
        if (out.size() > longest_interpolated) break;
    }
    if (out.size() > longest_interpolated) out.resize(longest_interpolated);
    return out;
}

std::vector<std::pair<std::string, std::string>> builtins(const run_facts& facts) {
    builtin_list list;
    add_run(list, facts);
    list.actor("ID", facts.actor_id);
    list.actor("NAME", facts.actor_name);
    list.actor("EMAIL", facts.actor_email);
    list.actor("URL", facts.actor_url);
    list.actor("AVATAR_URL", facts.actor_avatar_url);
    list.add("BUDDY", truth(true));
    list.add("BUDDY_API_URL", facts.api_url);
    list.add("BUDDY_PIPELINE_ID", facts.pipeline_id);
    list.add("BUDDY_PIPELINE_NAME", facts.pipeline_name);
    list.add("BUDDY_PIPELINE_URL", facts.pipeline_url);
    list.add("BUDDY_PIPELINE_REFS", facts.pipeline_refs, "BUDDY_PIPELINE_REF_NAME");
    list.add("BUDDY_PIPELINE_TARGET_SITE_URL", facts.target_site_url);
    list.add("BUDDY_PIPELINE_TRIGGER_MODE", facts.trigger_mode);
    list.add("BUDDY_PROJECT_NAME", facts.project_name);
    list.add("BUDDY_PROJECT_NAME_ID", facts.project_id_name);
    list.add("BUDDY_PROJECT_URL", facts.project_url);
    list.add("BUDDY_REPO_SLUG", facts.repo_slug);
    list.add("BUDDY_REPO_SSH_URL", facts.repo_ssh_url);
    list.add("BUDDY_SCM_PROVIDER", facts.scm_provider);
    list.add("BUDDY_SCM_URL", facts.scm_url);
    list.add("BUDDY_WORKSPACE_ID", facts.workspace_id);
    list.add("BUDDY_WORKSPACE_NAME", facts.workspace_name);
    list.add("BUDDY_WORKSPACE_DOMAIN", facts.workspace_domain);
    list.add("BUDDY_WORKSPACE_URL", facts.workspace_url);
    return std::move(list).sorted();
}

std::string_view name_of_dotted(std::string_view dotted) {
    const auto found = std::ranges::lower_bound(dotted_names, dotted, {}, &dotted_name::dotted);
    return found == dotted_names.end() || found->dotted != dotted ? std::string_view() : found->name;
}

bool is_sealed(const yaml::node& value) {
    return value.tag == "!encrypted" || value.text.starts_with("secure!") || value.text.starts_with("!encrypted");
}

}  // namespace latchkey::pipelines
