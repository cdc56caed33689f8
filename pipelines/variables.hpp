// SPDX-License-Identifier: Apache-2.0
//
// Variables (pipeline-yaml §7, §8): the built-in BUDDY_* names with their aliases, and $NAME / ${NAME} in fields.
// Commands are never expanded here: the shell does that. Pure, no thread rule.
#pragma once

#include "pipelines/yaml.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::pipelines {

// Buddy's ciphertext: "secure!…" of the older syntaxes, '!encrypted …' as text or as a tag.
bool is_sealed(const yaml::node&);

using variable_lookup = std::function<std::optional<std::string>(std::string_view name)>;

// What interpolate() returns is cut after so many bytes: a field is a name, a path, an address, never a document.
inline constexpr std::size_t longest_interpolated = std::size_t{1} << 20U;

// Replaces $NAME, ${NAME} and the old dotted forms (${execution.id}). An unknown name becomes empty and is added to
// `unknown`. What is not a reference ("$", "$$", "${x[1]}") stays as it is.
// What a value holds is not looked at again, so nothing loops.
std::string interpolate(std::string_view field, const variable_lookup&, std::vector<std::string>* unknown = nullptr);

// What the built-ins are made from. Empty values give empty variables, as Buddy does.
struct run_facts {
    std::string run_number, run_hash, run_url, comment, mode, event_type, start_date;  // mode: MANUAL …; ISO date
    std::string trigger_mode, api_url;
    bool refresh = false, clear_cache = false;
    std::string commit, commit_short, commit_message, commit_subject, committer_name, committer_email,
        previous_commit;
    std::string commit_url, previous_commit_subject;
    std::string branch, tag, ref_type, ref_name;
    std::string pull_request_id, pull_request_number, pull_request_base, pull_request_head;
    std::string pull_request_is_draft;
    std::string changelog, changelog_added, changelog_changed, changelog_deleted;
    std::string pipeline_id, pipeline_name, pipeline_url, pipeline_refs, target_site_url;
    std::string project_name, project_id_name, project_url;
    std::string repo_slug, repo_ssh_url, scm_provider, scm_url;
    std::string workspace_id, workspace_name, workspace_domain, workspace_url;
    std::string actor_id, actor_name, actor_email, actor_url, actor_avatar_url;
};

// Every built-in variable under its new name and its deprecated aliases, sorted by name.
std::vector<std::pair<std::string, std::string>> builtins(const run_facts&);

// The new name of an old dotted reference: "execution.id" -> "BUDDY_RUN_ID"; empty if there is none.
std::string_view name_of_dotted(std::string_view dotted);

}  // namespace latchkey::pipelines
