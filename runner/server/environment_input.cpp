// SPDX-License-Identifier: Apache-2.0
#include "runner/server/environment_input.hpp"

#include "pipelines/identifier.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/rights_rows.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 4> levels = {"DEFAULT", "DENIED", "USE_ONLY", "MANAGE"};
constexpr std::array<const char*, 4> texts = {"icon", "public_url", "note", "agent_note"};
constexpr std::array<const char*, 2> lists = {"tags", "base_environments"};
constexpr std::array<const char*, 2> access = {"pipelines_access_level", "environments_access_level"};

std::optional<store::environment_level> level_in(input& in, std::string_view name) {
    const auto word = in.text(name);
    if (!word) return std::nullopt;
    const auto at = std::ranges::find(levels, *word);
    if (at == levels.end()) {
        in.refuse("`" + std::string(name) + "` must be MANAGE, USE_ONLY, DEFAULT or DENIED");
        return std::nullopt;
    }
    return static_cast<store::environment_level>(at - levels.begin());
}

std::string_view word_of(store::environment_level l) {
    return levels.at(static_cast<std::size_t>(l));
}

bool is_access(std::string_view word) {
    return word == "USE_ONLY" || word == "DENIED";
}

// [{"project": "web", "pipeline": "deploy", "access_level": "USE_ONLY"}]
void read_allowed(input& in, const char* list, const char* what, store::facts& to) {
    const auto rows = in.objects(list);
    if (!rows) return;
    json kept = json::array();
    for (const json& object : *rows) {
        input row(object);
        const std::string project = row.required("project");
        const std::string name = row.required(what);
        const std::string level = row.text("access_level").value_or("USE_ONLY");
        if (!is_access(level)) row.refuse("`access_level` must be USE_ONLY or DENIED");
        if (auto fine = row.checked(); !fine)
            return in.refuse("in `" + std::string(list) + "`: " + fine.error().what);
        kept.push_back({{"project", project}, {what, name}, {"access_level", level}});
    }
    put_setting(to, list, kept);
}

}  // namespace

void read_environment(input& in, store::environment_record& e) {
    if (const auto name = in.text("name"); name && !name->empty()) e.name = *name;
    if (const auto identifier = in.text("identifier"); identifier && !identifier->empty()) {
        if (!pipelines::is_identifier(*identifier))
            in.refuse("`identifier` has letters, digits, - and _ only, a letter first");
        e.identifier = *identifier;
    }
    for (const char* name : texts)
        if (const auto text = in.text(name)) put_setting(e.settings, name, *text);
    for (const char* name : lists)
        if (const auto all = in.texts(name)) put_setting(e.settings, name, *all);
    for (const char* name : access) {
        const auto word = in.text(name);
        if (!word) continue;
        if (!is_access(*word)) in.refuse("`" + std::string(name) + "` must be USE_ONLY or DENIED");
        put_setting(e.settings, name, *word);
    }
    // As it was said before there were levels.
    for (const auto& [older, name] :
         {std::pair("all_pipelines_allowed", access[0]), std::pair("all_environments_allowed", access[1])})
        if (const auto all = in.flag(older); all && !in.has(name))
            put_setting(e.settings, name, *all ? "USE_ONLY" : "DENIED");
    if (const auto only = in.flag("base_only")) put_setting(e.settings, "base_only", *only);
    read_allowed(in, "allowed_pipelines", "pipeline", e.settings);
    read_allowed(in, "allowed_environments", "environment", e.settings);
    const auto object = in.object("permissions");
    if (!object) return;
    input permissions(*object);
    if (const auto level = level_in(permissions, "others")) e.others = *level;
    read_rows(permissions, "users", e.users, &store::environment_user::user, level_in);
    read_rows(permissions, "groups", e.groups, &store::environment_group::group, level_in);
    if (auto fine = permissions.checked(); !fine) in.refuse(fine.error().what);
}

json permissions_of(const store::environment_record& e) {
    json users = json::array();
    json groups = json::array();
    for (const auto& row : e.users)
        users.push_back({{"id", row.user.value()}, {"access_level", word_of(row.access)}});
    for (const auto& row : e.groups)
        groups.push_back({{"id", row.group.value()}, {"access_level", word_of(row.access)}});
    return {{"others", word_of(e.others)}, {"users", users}, {"groups", groups}};
}

void show_environment_settings(const store::facts& settings, json& to) {
    const auto show = [&](const char* name, json otherwise) {
        json value = setting_of(settings, name);
        to[name] = value.is_null() || value == "" ? std::move(otherwise) : std::move(value);
    };
    for (const char* name : texts) show(name, nullptr);
    for (const char* name : lists) show(name, json::array());
    for (const char* name : access) show(name, "USE_ONLY");
    show("base_only", false);
    to["all_pipelines_allowed"] = to[access[0]] == "USE_ONLY";
    to["all_environments_allowed"] = to[access[1]] == "USE_ONLY";
    for (const char* list : {"allowed_pipelines", "allowed_environments"}) {
        show(list, json::array());
        for (json& row : to[list]) row.erase("id");
    }
}

}  // namespace latchkey::server
