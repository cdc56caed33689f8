// SPDX-License-Identifier: Apache-2.0
#include "runner/server/pipeline_settings.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

enum class kind : unsigned char { text, flag, number, texts, objects, object };

struct field {
    std::string_view name;
    server::kind kind;
    std::string_view otherwise;   // JSON
    std::string_view words = "";  // that it may be, with spaces between; empty: any
};

constexpr std::array<field, 38> fields = {{
    {"identifier", kind::text, "null"},
    {"refs", kind::texts, "[]"},
    {"tags", kind::texts, "[]"},
    {"events", kind::objects, "[]"},
    {"trigger_conditions", kind::objects, "[]"},
    {"execution_message_template", kind::text, "null"},
    {"priority", kind::text, "\"NORMAL\"", "LOW NORMAL HIGH"},
    {"always_from_scratch", kind::flag, "false"},
    {"fail_on_prepare_env_warning", kind::flag, "true"},
    {"fetch_all_refs", kind::flag, "false"},
    {"auto_clear_cache", kind::flag, "false"},
    {"no_skip_to_most_recent", kind::flag, "false"},
    {"terminate_stale_runs", kind::flag, "false"},
    {"do_not_create_commit_status", kind::flag, "false"},
    {"ignore_fail_on_project_status", kind::flag, "false"},
    {"concurrent_pipeline_runs", kind::flag, "false"},
    {"description_required", kind::flag, "false"},
    {"clone_depth", kind::number, "0"},
    {"cpu", kind::text, "\"X64\"", "X64 ARM"},
    {"worker", kind::text, "null"},
    {"folder", kind::text, "null"},
    {"cache_scope", kind::text, "\"PIPELINE\"", "WORKSPACE PROJECT PIPELINE"},
    {"paused", kind::flag, "false"},
    {"pause_on_repeated_failures", kind::number, "0"},
    {"disabled", kind::flag, "false"},
    {"disabled_reason", kind::text, "null"},
    {"target_site_url", kind::text, "null"},
    {"loop", kind::texts, "[]"},
    {"git_config_ref", kind::text, "\"NONE\"", "NONE DYNAMIC FIXED"},
    {"git_config", kind::object, "null"},
    {"definition_source", kind::text, "\"LOCAL\"", "LOCAL REMOTE"},
    {"remote_path", kind::text, "null"},
    {"remote_project_name", kind::text, "null"},
    {"remote_parameters", kind::objects, "[]"},
    {"git_changeset_base", kind::text, "\"LATEST_RUN\"", "LATEST_RUN LATEST_RUN_MATCHING_REF PULL_REQUEST"},
    {"filesystem_changeset_base", kind::text, "\"DATE_MODIFIED\"", "DATE_MODIFIED CONTENTS"},
    {"manage_variables_by_yaml", kind::flag, "false"},
    {"manage_permissions_by_yaml", kind::flag, "false"},
}};

bool is_word(std::string_view words, std::string_view word) {
    const std::string all = " " + std::string(words) + " ";
    return !word.empty() && word.find(' ') == std::string_view::npos &&
           all.find(" " + std::string(word) + " ") != std::string::npos;
}

std::string list_of_words(std::string_view words) {
    std::string list(words);
    for (std::size_t at = 0; (at = list.find(' ', at)) != std::string::npos; at += 2) list.replace(at, 1, ", ");
    return list;
}

std::optional<json> read(input& in, const field& f) {
    switch (f.kind) {
        case kind::text: {
            const auto value = in.text(f.name);
            if (value && !f.words.empty() && !is_word(f.words, *value)) {
                in.refuse("`" + std::string(f.name) + "` must be one of " + list_of_words(f.words));
                return std::nullopt;
            }
            return value ? std::optional<json>(*value) : std::nullopt;
        }
        case kind::flag: {
            const auto value = in.flag(f.name);
            return value ? std::optional<json>(*value) : std::nullopt;
        }
        case kind::number: {
            const auto value = in.number(f.name);
            return value ? std::optional<json>(*value) : std::nullopt;
        }
        case kind::texts: {
            const auto value = in.texts(f.name);
            return value ? std::optional<json>(*value) : std::nullopt;
        }
        case kind::objects: {
            const auto value = in.objects(f.name);
            return value ? std::optional<json>(*value) : std::nullopt;
        }
        case kind::object:
            break;
    }
    return in.object(f.name);
}

}  // namespace

void put_setting(store::facts& settings, std::string_view name, const json& value) {
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    if (at != settings.end())
        at->second = std::move(text);
    else
        settings.emplace_back(name, std::move(text));
}

json setting_of(const store::facts& settings, std::string_view name) {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    if (at != settings.end()) return json::parse(at->second, nullptr, false);
    const auto f = std::ranges::find(fields, name, &field::name);
    return f == fields.end() ? json() : json::parse(f->otherwise, nullptr, false);
}

namespace {

// What would never come.
void refuse_packages(input& in) {
    for (const json& event : in.objects("events").value_or(std::vector<json>())) {
        const auto type = event.find("type");
        if (type != event.end() && (*type == "PUBLISH_PACKAGE" || *type == "DELETE_PACKAGE"))
            in.refuse("`events`: " + type->get<std::string>() +
                      " is of Buddy's package registry, and this server keeps no packages: use PUSH, CREATE_REF, "
                      "DELETE_REF, "
                      "PULL_REQUEST, SCHEDULE, WEBHOOK or EMAIL");
    }
    if (const auto packages = in.objects("packages"); packages && !packages->empty())
        in.refuse("`packages` are of Buddy's package registry, and this server keeps none: leave them out");
}

}  // namespace

void read_settings(input& in, store::facts& settings) {
    refuse_packages(in);
    for (const field& f : fields)
        if (const auto value = read(in, f)) put_setting(settings, f.name, *value);
    // Two names of one thing.
    for (const char* name : {"remote_branch", "remote_ref"})
        if (const auto ref = in.text(name)) put_setting(settings, "remote_ref", *ref);
    const json events = setting_of(settings, "events");
    const bool scheduled =
        std::ranges::any_of(events, [](const json& e) { return e.value("type", "") == "SCHEDULE"; });
    const bool said = std::ranges::find(settings, "pause_on_repeated_failures",
                                        &std::pair<std::string, std::string>::first) != settings.end();
    if (scheduled && !said) put_setting(settings, "pause_on_repeated_failures", 100);
}

void show_settings(const store::facts& settings, json& to) {
    for (const field& f : fields) to[std::string(f.name)] = setting_of(settings, f.name);
    to["remote_ref"] = setting_of(settings, "remote_ref");
    to["remote_branch"] = to["remote_ref"];
    if (to["git_config_ref"] != "FIXED") to["git_config"] = nullptr;
    for (json& e : to["events"])
        for (const char* list : {"refs", "branches", "events"})
            if (!e.contains(list) || e[list].is_null()) e[list] = json::array();
}

}  // namespace latchkey::server
