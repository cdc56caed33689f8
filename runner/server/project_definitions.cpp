// SPDX-License-Identifier: Apache-2.0
#include "runner/server/project_definitions.hpp"

#include "pipelines/parse.hpp"
#include "runner/server/pipeline_settings.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::size_t most_files = 200;
constexpr std::size_t most_pipelines = 500;

std::string text_of_setting(const store::facts& settings, std::string_view name) {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    return at == settings.end() ? std::string() : at->second;
}

std::string type_name(pipelines::event_type type) {
    switch (type) {
        case pipelines::event_type::push:
            return "PUSH";
        case pipelines::event_type::create_ref:
            return "CREATE_REF";
        case pipelines::event_type::delete_ref:
            return "DELETE_REF";
        case pipelines::event_type::pull_request:
            return "PULL_REQUEST";
        case pipelines::event_type::schedule:
            return "SCHEDULE";
        case pipelines::event_type::webhook:
            return "WEBHOOK";
        case pipelines::event_type::email:
            break;
    }
    return "EMAIL";
}

json texts_of(const std::vector<pipelines::text>& all) {
    json out = json::array();
    for (const pipelines::text& t : all) out.push_back(t.value);
    return out;
}

// As the API has them.
json settings_from(const std::vector<pipelines::event>& events) {
    json out = json::array();
    for (const pipelines::event& e : events) {
        json one{{"type", type_name(e.type)}};
        if (!e.refs.empty()) one["refs"] = texts_of(e.refs);
        if (!e.branches.empty()) one["branches"] = texts_of(e.branches);
        if (!e.events.empty()) one["events"] = texts_of(e.events);
        if (!e.cron.empty()) one["cron"] = e.cron;
        if (e.type == pipelines::event_type::schedule) one["timezone"] = e.timezone;
        if (!e.start_date.empty()) one["start_date"] = e.start_date;
        if (e.delay > 0) one["delay"] = e.delay;
        if (e.totp) one["totp"] = true;
        out.push_back(std::move(one));
    }
    return out;
}

bool is_yaml_file(std::string_view path) {
    return path.ends_with(".yml") || path.ends_with(".yaml");
}

}  // namespace

bool project_definitions::is_in_git(const store::team_pipeline_record& p) const {
    // A template elsewhere does not say when it runs here.
    return setting_of(p.settings, "git_config_ref") == "DYNAMIC" &&
           setting_of(p.settings, "definition_source") != "REMOTE";
}

const triggers::start_rules* project_definitions::in_files(const store::team_pipeline_record& p) const {
    auto at = defined_.find(p.name);
    if (at == defined_.end()) {
        const json identifier = setting_of(p.settings, "identifier");
        if (identifier.is_string()) at = defined_.find(identifier.get<std::string>());
    }
    return at == defined_.end() ? nullptr : &at->second;
}

result<void> project_definitions::read(const triggers::repository_event& e) {
    auto records = stores_.pipelines->list(project_.id);
    if (!records) return records.error();
    records_ = std::move(*records);
    default_branch_ = text_of_setting(project_.settings, "default_branch");
    if (files_ == nullptr || text_of_setting(project_.settings, "custom_repo_url").empty()) return {};
    // Of a ref that is gone, the default branch says what is to be done.
    auto usual = files_->find(project_, {}, "");
    if (!usual && usual.error().code != errc::not_found) return usual.error();
    if (usual) default_branch_ = usual->ref.name.substr(std::string_view("refs/heads/").size());
    if (e.kind == triggers::event_kind::delete_ref) return usual ? read_files(*usual) : result<void>();
    auto at = files_->find(project_, e.ref, e.after);
    if (!at) return at.error();
    of_default_branch_ = at->ref.name == "refs/heads/" + default_branch_;
    return read_files(*at);
}

result<void> project_definitions::read_files(const project_files::state& at) {
    std::vector<std::string> paths = {"buddy.yml", "buddy.yaml"};
    auto listed = files_->list(at, ".buddy");
    if (!listed && listed.error().code != errc::not_found) return listed.error();
    if (listed) {
        std::ranges::sort(*listed);
        for (std::string& path : *listed)
            if (is_yaml_file(path) && std::ranges::count(path, '/') == 1 && paths.size() < most_files)
                paths.push_back(std::move(path));
    }
    for (const std::string& path : paths) {
        auto text = files_->read(at, path);
        if (!text && text.error().code == errc::not_found) continue;
        if (!text) return text.error();
        const pipelines::source file(path, std::move(*text));
        const pipelines::parsed parsed = pipelines::parse(file);
        // The first file that names it has it, as where it is run.
        for (const pipelines::pipeline& p : parsed.model.pipelines)
            if (!p.id.value.empty() && defined_.size() < most_pipelines)
                defined_.try_emplace(p.id.value, triggers::rules_of(p));
    }
    return {};
}

result<void> project_definitions::make_missing(policy::user_id actor, policy::time_point now, server_log& log) {
    for (const auto& [name, rules] : defined_) {
        const auto known = std::ranges::find_if(records_, [&, &id = name](const store::team_pipeline_record& p) {
            return p.name == id || setting_of(p.settings, "identifier") == id;
        });
        const json events = settings_from(rules.events);
        if (known == records_.end()) {
            store::team_pipeline_record wanted;
            wanted.rights.project = project_.id;
            wanted.name = name;
            wanted.created_by = actor;
            wanted.created_at = now;
            put_setting(wanted.settings, "git_config_ref", "DYNAMIC");
            put_setting(wanted.settings, "events", of_default_branch_ ? events : json::array());
            if (of_default_branch_) put_setting(wanted.settings, "refs", rules.refs);
            auto made = stores_.pipelines->add(std::move(wanted), actor);
            if (!made) return made.error();
            log.write(log_level::info, "made a pipeline that a pushed file defines",
                      {{"project", project_.handle}, {"pipeline", name}});
            records_.push_back(std::move(*made));
        } else if (of_default_branch_ && is_in_git(*known) &&
                   (setting_of(known->settings, "events") != events ||
                    setting_of(known->settings, "refs") != json(rules.refs))) {
            store::team_pipeline_record changed = *known;
            put_setting(changed.settings, "events", events);
            put_setting(changed.settings, "refs", rules.refs);
            auto edited = stores_.pipelines->edit(changed, actor, now);
            if (edited)
                *known = std::move(*edited);
            else
                log.write(log_level::warning, "what a file says of when to start was not noted",
                          {{"pipeline", name}, {"why", edited.error().what}});
        }
    }
    return {};
}

std::vector<triggers::candidate> project_definitions::candidates() const {
    std::vector<triggers::candidate> all;
    for (const store::team_pipeline_record& p : records_) {
        if (is_in_git(p)) {
            if (const triggers::start_rules* rules = in_files(p)) all.push_back({p.rights.id.value(), *rules});
            continue;
        }
        auto rules = triggers::rules_of_settings(setting_of(p.settings, "events").dump(),
                                                 setting_of(p.settings, "refs").dump());
        if (rules) all.push_back({p.rights.id.value(), std::move(*rules)});
    }
    return all;
}

const store::team_pipeline_record* project_definitions::record(policy::pipeline_id id) const {
    const auto at = std::ranges::find_if(records_, [id](const auto& p) { return p.rights.id == id; });
    return at == records_.end() ? nullptr : &*at;
}

}  // namespace latchkey::server
