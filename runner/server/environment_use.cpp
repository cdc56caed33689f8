// SPDX-License-Identifier: Apache-2.0
#include "runner/server/environment_use.hpp"

#include "runner/server/pipeline_settings.hpp"
#include "runner/server/run_queue.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

const failure unknown(errc::not_found, "there is no such environment");

// By number, never by name: what is called so later is not what somebody let in.
bool lets_in(const store::environment_record& e, std::string_view list, std::string_view otherwise,
             std::int64_t number) {
    const json rows = setting_of(e.settings, list);
    if (rows.is_array())
        for (const json& row : rows)
            if (row.is_object() && row.value("id", std::int64_t(0)) == number)
                return row.value("access_level", "") == "USE_ONLY";
    const json level = setting_of(e.settings, otherwise);
    return level.is_null() || level == "USE_ONLY";
}

class collector {
public:
    collector(store::stores& stores, policy::user_id actor, const store::team_project_record& project)
        : stores_(stores), actor_(actor), project_(project) {}

    result<void> read() {
        auto all = stores_.places->list(project_.workspace);
        if (!all) return all.error();
        all_ = std::move(*all);
        return {};
    }

    const store::environment_record* with(std::string_view hash_id) const {
        const auto at = std::ranges::find(all_, hash_id, &store::environment_record::hash_id);
        return at == all_.end() ? nullptr : &*at;
    }

    result<bool> may_use(const store::environment_record& e) const {
        auto level = stores_.places->level_of(e, actor_);
        if (!level) return level.error();
        return *level >= store::environment_level::use_only && (!e.project.valid() || e.project == project_.id);
    }

    // Those that `e` builds on come before it, each once.
    result<void> add(const store::environment_record& e) {
        if (std::ranges::find(begun_, e.id) != begun_.end()) return {};
        begun_.push_back(e.id);
        const json bases = setting_of(e.settings, "base_environments");
        if (bases.is_array())
            for (const json& name : bases)
                if (auto added = add_base(e, name.is_string() ? name.get<std::string>() : ""); !added) return added;
        found_.push_back(e);
        return {};
    }

    std::vector<store::environment_record>& found() { return found_; }

private:
    result<void> add_base(const store::environment_record& e, const std::string& name) {
        const store::environment_record* base = with(name);
        // Its own project's before the workspace's.
        for (const policy::project_id project : {e.project, policy::project_id()})
            for (const store::environment_record& each : all_)
                if (base == nullptr && each.identifier == name && each.project == project) base = &each;
        const failure gone(errc::refused,
                           "the environment " + e.identifier + " builds on " + name + ", which is not there for you");
        if (base == nullptr) return gone;
        const auto may = may_use(*base);
        if (!may) return may.error();
        if (!*may) return gone;
        if (!lets_in(*base, "allowed_environments", "environments_access_level", e.id.value()))
            return failure(errc::denied, "the environment " + base->identifier + " does not let " + e.identifier +
                                             " build on it: its `allowed_environments` say who may");
        return add(*base);
    }

    store::stores& stores_;
    policy::user_id actor_;
    const store::team_project_record& project_;
    std::vector<store::environment_record> all_;
    std::vector<policy::environment_id> begun_;
    std::vector<store::environment_record> found_;
};

}  // namespace

result<std::vector<store::environment_record>> environments_of(store::stores& stores, const run::outer_request& r) {
    const std::string_view wanted = origin_of(r.source, origin::environment);
    if (wanted.empty()) return std::vector<store::environment_record>();
    auto pipeline = stores.runs->pipeline(r.pipeline);
    if (!pipeline) return pipeline.error();
    auto project = stores.people->project_numbered(pipeline->project);
    if (!project) return project.error();
    collector c(stores, r.actor, *project);
    if (auto read = c.read(); !read) return read.error();
    const store::environment_record* e = c.with(wanted);
    if (e == nullptr) return unknown;
    const auto may = c.may_use(*e);
    if (!may) return may.error();
    if (!*may) return unknown;
    if (setting_of(e->settings, "base_only") == true)
        return failure(errc::refused, "the environment " + e->identifier +
                                          " is one that others build on: nothing runs in it itself");
    if (!lets_in(*e, "allowed_pipelines", "pipelines_access_level", r.pipeline.value()))
        return failure(errc::denied, "the environment " + e->identifier + " does not let the pipeline \"" +
                                         pipeline->name + "\" in: its `allowed_pipelines` say who may");
    if (auto added = c.add(*e); !added) return added.error();
    return std::move(c.found());
}

}  // namespace latchkey::server
