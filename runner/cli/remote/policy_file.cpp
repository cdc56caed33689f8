// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/policy_file.hpp"

#include "pipelines/characters.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace latchkey::cli::remote {

namespace {

bool is_plain(const std::string& text) {
    constexpr std::array<std::string_view, 9> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    std::string lower = text;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool letters = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.' || c == '/' || c == '@';
    });
    const bool begins = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
    return letters && begins && std::ranges::find(words, lower) == words.end();
}

// What a reader of YAML refuses or warns of where it stands as it is: controls, marks that turn or hide text.
bool is_special(std::uint32_t c) {
    return (c >= 0x7f && c <= 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

std::string scalar(const std::string& text) {
    if (is_plain(text)) return text;
    // A text of JSON is one of YAML.
    const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string out;
    for (std::string_view rest = quoted; !rest.empty();) {
        const pipelines::character c = pipelines::decode(rest);
        if (c.valid && is_special(c.code)) {
            char escaped[16];
            std::snprintf(escaped, sizeof escaped, "\\U%08x", static_cast<unsigned>(c.code));
            out += escaped;
        } else {
            out += rest.substr(0, c.length);
        }
        rest.remove_prefix(c.length);
    }
    return out;
}

std::string pair_line(const std::string& indent, const std::string& key, const std::string& value) {
    return indent + scalar(key) + ": " + scalar(value) + "\n";
}

void write_map(std::string& out, const std::string& indent, const char* name,
               const std::map<std::string, std::string>& map) {
    if (map.empty()) return;
    out += indent + name + ":\n";
    for (const auto& [key, value] : map) out += pair_line(indent + "  ", key, value);
}

void write_group(std::string& out, const group_policy& g) {
    out += "  - name: " + scalar(g.name) + "\n";
    if (!g.description.empty()) out += pair_line("    ", "description", g.description);
    if (g.members.empty()) {
        out += "    members: {}\n";
        return;
    }
    out += "    members:\n";
    for (const auto& [email, manager] : g.members) out += pair_line("      ", email, manager ? "MANAGER" : "MEMBER");
}

void write_integration(std::string& out, const integration_policy& i) {
    out += "  - identifier: " + scalar(i.identifier) + "\n";
    out += pair_line("    ", "name", i.name);
    out += pair_line("    ", "type", i.type);
    if (!i.auth_type.empty() && i.auth_type != "DEFAULT") out += pair_line("    ", "auth_type", i.auth_type);
    if (!i.project.empty()) out += pair_line("    ", "project", i.project);
    write_map(out, "    ", "settings", i.settings);
    out += pair_line("    ", "admins", i.admins);
    out += pair_line("    ", "others", i.others);
    if (i.demand != "USE_ONLY") out += pair_line("    ", "to_grant", i.demand);
    write_map(out, "    ", "users", i.users);
    write_map(out, "    ", "groups", i.groups);
    out += std::string("    all_pipelines: ") + (i.all_pipelines ? "true" : "false") + "\n";
    if (i.pipelines.empty()) return;
    out += "    pipelines:\n";
    for (const allowed_pipeline& a : i.pipelines) {
        if (a.ref.empty() && a.expires.empty()) {
            out += "      - " + scalar(a.pipeline) + "\n";
            continue;
        }
        out += "      - pipeline: " + scalar(a.pipeline) + "\n";
        if (!a.ref.empty()) out += pair_line("        ", "ref", a.ref);
        if (!a.expires.empty()) out += pair_line("        ", "expires", a.expires);
    }
}

}  // namespace

std::string yaml_of(const policy_document& d) {
    std::string out = "# Who may use what in the workspace " + scalar(d.workspace) +
                      ": `latchkey apply` makes a server so. There is no secret in it.\n";
    out += "workspace: " + scalar(d.workspace) + "\n";
    out += d.groups.empty() ? "groups: []\n" : "groups:\n";
    for (const group_policy& g : d.groups) write_group(out, g);
    out += d.integrations.empty() ? "integrations: []\n" : "integrations:\n";
    for (const integration_policy& i : d.integrations) write_integration(out, i);
    out += d.projects.empty() ? "projects: []\n" : "projects:\n";
    for (const project_policy& p : d.projects) {
        out += "  - name: " + scalar(p.name) + "\n";
        write_map(out, "    ", "members", p.members);
        write_map(out, "    ", "groups", p.groups);
    }
    return out;
}

}  // namespace latchkey::cli::remote
