// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/policy_changes.hpp"

#include "pipelines/catalogue.hpp"

#include <algorithm>

namespace latchkey::cli::remote {

namespace {

void compare(std::vector<std::string>& lines, const std::string& what, const std::string& has,
             const std::string& wants) {
    if (has != wants) lines.push_back(what + " " + (has.empty() ? "–" : has) + " → " + (wants.empty() ? "–" : wants));
}

void compare_rows(std::vector<std::string>& lines, const std::map<std::string, std::string>& has,
                  const std::map<std::string, std::string>& wants) {
    for (const auto& [who, level] : wants) {
        const auto old = has.find(who);
        if (old == has.end())
            lines.push_back(who + " has " + level);
        else
            compare(lines, who, old->second, level);
    }
    for (const auto& [who, level] : has)
        if (!wants.contains(who)) lines.push_back(who + " has no level of its own any more (" + level + ")");
}

// To the second, which is what the API takes; nothing: no end.
std::optional<policy::time_point> end_of(const allowed_pipeline& a) {
    const auto at = time_in({{"at", a.expires}}, "at");
    if (!at) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(*at);
}

bool same(const allowed_pipeline& a, const allowed_pipeline& b) {
    return a.pipeline == b.pipeline && a.ref == b.ref && end_of(a) == end_of(b);
}

std::string text_of(const allowed_pipeline& a) {
    return a.pipeline + (a.ref.empty() ? "" : " for " + a.ref) + (a.expires.empty() ? "" : " until " + a.expires);
}

json rows_of(const std::map<std::string, std::string>& levels, const std::map<std::string, std::int64_t>& ids) {
    json rows = json::array();
    for (const auto& [who, level] : levels) rows.push_back({{"id", ids.at(who)}, {"access_level", level}});
    return rows;
}

std::string in_quotes(const std::string& text) {
    const bool simple = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    });
    if (simple && !text.empty()) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::vector<std::string> changes_between(const integration_policy& has, const integration_policy& wants) {
    std::vector<std::string> lines;
    compare(lines, "name", has.name, wants.name);
    if (!wants.auth_type.empty()) compare(lines, "auth_type", has.auth_type, wants.auth_type);
    compare(lines, "admins", has.admins, wants.admins);
    compare(lines, "others", has.others, wants.others);
    compare(lines, "to_grant", has.demand, wants.demand);
    compare_rows(lines, has.users, wants.users);
    compare_rows(lines, has.groups, wants.groups);
    for (const auto& [name, value] : wants.settings) {
        const auto old = has.settings.find(name);
        compare(lines, name, old == has.settings.end() ? "" : old->second, value);
    }
    if (has.all_pipelines != wants.all_pipelines)
        lines.emplace_back(wants.all_pipelines ? "all pipelines may use it" : "only listed pipelines may use it");
    return lines;
}

json body_of(const integration_policy& i, const std::map<std::string, std::int64_t>& members,
             const std::map<std::string, std::int64_t>& groups) {
    json body = {{"name", i.name},
                 {"all_pipelines_allowed", i.all_pipelines},
                 {"demanded_to_grant", i.demand},
                 {"permissions",
                  {{"admins", i.admins},
                   {"others", i.others},
                   {"users", rows_of(i.users, members)},
                   {"groups", rows_of(i.groups, groups)}}}};
    if (!i.auth_type.empty()) body["auth_type"] = i.auth_type;
    for (const auto& [name, value] : i.settings) body[name] = value;
    return body;
}

std::vector<pipeline_change> pipelines_between(const std::set<allowed_pipeline>& has,
                                               const std::set<allowed_pipeline>& wants, policy::time_point at) {
    std::map<std::string, pipeline_change> changes;
    const auto in = [](const std::set<allowed_pipeline>& set, const allowed_pipeline& a) {
        return std::ranges::any_of(set, [&](const allowed_pipeline& b) { return same(a, b); });
    };
    const auto over = [at](const allowed_pipeline& a) {
        const auto end = end_of(a);
        return end && *end <= at;
    };
    for (const allowed_pipeline& a : has) {
        if (in(wants, a)) continue;
        pipeline_change& c = changes[a.pipeline];
        c.revoke = true;
        c.lines.push_back("- " + text_of(a));
    }
    for (const allowed_pipeline& a : wants) {
        if (over(a) || in(has, a)) continue;
        pipeline_change& c = changes[a.pipeline];
        c.add.push_back(a);
        c.lines.push_back("+ " + text_of(a));
    }
    std::vector<pipeline_change> all;
    for (auto& [name, change] : changes) {
        change.pipeline = name;
        // Taken away all at once: what was right is given again.
        if (change.revoke)
            for (const allowed_pipeline& a : wants)
                if (a.pipeline == name && in(has, a) && !over(a)) change.add.push_back(a);
        all.push_back(std::move(change));
    }
    return all;
}

bool needs_secrets(const integration_policy& i) {
    if (i.auth_type == "OIDC" || i.auth_type == "TRUSTED") return false;
    const auto* type = pipelines::find_integration_type(i.type);
    if (type == nullptr) return true;
    const auto secret = [&](const std::string& name) {
        const auto f = std::ranges::find(type->fields, name, &pipelines::credential_field::name);
        return f == type->fields.end() || f->secret;
    };
    if (std::ranges::any_of(type->fields, [](const auto& f) { return f.required && f.secret; })) return true;
    return !type->alternatives.empty() &&
           std::ranges::all_of(type->alternatives, [&](const auto& set) { return std::ranges::any_of(set, secret); });
}

std::string command_that_adds(const integration_policy& i) {
    std::string line = "latchkey integration add " + in_quotes(i.name) + " --type " + in_quotes(i.type) +
                       " --identifier " + in_quotes(i.identifier);
    if (!i.project.empty()) line += " --scope project --project " + in_quotes(i.project);
    for (const auto& [name, value] : i.settings) line += " --field " + in_quotes(name + "=" + value);
    return line;
}

}  // namespace latchkey::cli::remote
