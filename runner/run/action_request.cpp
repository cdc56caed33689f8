// SPDX-License-Identifier: Apache-2.0
#include "runner/run/action_request.hpp"

#include "pipelines/catalogue.hpp"

#include <string_view>
#include <unordered_set>

namespace latchkey::run {

namespace {

// The script that an action's type stands for.
std::vector<std::string> commands_of(const pipelines::action& a) {
    std::vector<std::string> commands;
    const pipelines::action_type* type = a.kind.get();
    if (type != nullptr && type->execution == pipelines::execution_kind::sleep) {
        std::string seconds = "0";
        for (const auto& field : a.fields)
            if (field.key == "sleep_in_sec") seconds = field.value.text;
        const bool number = !seconds.empty() && seconds.find_first_not_of("0123456789") == std::string::npos;
        commands.push_back(number ? "sleep " + seconds
                                  : "echo 'sleep_in_sec is not a number of seconds' >&2; exit 1");
    }
    if (type != nullptr && !type->prelude.empty()) {
        // What comes after a prelude that failed would run without what it relies on.
        if (a.execute_every_command) commands.emplace_back("set -e");
        commands.insert(commands.end(), type->prelude.begin(), type->prelude.end());
        if (a.execute_every_command) commands.emplace_back("set +e");
    }
    if (type != nullptr && !type->commands.empty()) return type->commands;
    for (const pipelines::text& command : a.commands) commands.push_back(command.value);
    return commands;
}

exec::shell shell_of(const pipelines::action& a) {
    if (const auto* entrypoint = pipelines::field_of(a, "entrypoint"))
        if (const exec::shell* named = shell_at(entrypoint->text)) return *named;
    if (a.kind != nullptr && !a.kind->commands.empty()) return exec::shell::sh;  // the catalogue's are written for it
    switch (a.shell) {
        case pipelines::shell::sh:
            return exec::shell::sh;
        case pipelines::shell::bash:
            return exec::shell::bash;
        case pipelines::shell::powershell:
            return exec::shell::powershell;
    }
    return exec::shell::sh;
}

// Where on this machine the action starts. An absolute working_directory is a place in a container.
std::filesystem::path directory_of(const pipelines::action& a, const std::filesystem::path& workspace) {
    const std::filesystem::path wanted = a.working_directory.value;
    if (wanted.empty() || wanted.is_absolute()) return workspace;
    const std::filesystem::path inside = (workspace / wanted).lexically_normal();
    const auto relative = inside.lexically_relative(workspace);
    return relative.empty() || *relative.begin() == ".." ? workspace : inside;
}

// A custom action may be kept from the pipeline's variables; its inputs reach it all the same.
bool is_apart(const pipelines::action& a) {
    const auto* access =
        a.kind == nullptr || a.kind->inputs.empty() ? nullptr : pipelines::field_of(a, "variables_access");
    return access != nullptr && access->text == "false";
}

// A name that is given twice would be read differently by different programs: the last one stands, a secret above
// all.
void keep_the_last(exec::request& r) {
    std::unordered_set<std::string_view> seen;
    seen.reserve(r.files.size() + r.secrets.size() + r.environment.size());
    for (const exec::secret_file& f : r.files) seen.insert(f.variable);
    const auto keep = [&seen](auto& variables) {
        for (auto at = variables.rbegin(); at != variables.rend(); ++at)
            if (!seen.insert(at->first).second) at->first.clear();
    };
    keep(r.secrets);
    keep(r.environment);
    // Only now: erasing moves the names that `seen` looks at.
    seen.clear();
    std::erase_if(r.secrets, [](const auto& v) { return v.first.empty(); });
    std::erase_if(r.environment, [](const auto& v) { return v.first.empty(); });
}

}  // namespace

const exec::shell* shell_at(std::string_view entrypoint) {
    static constexpr exec::shell sh = exec::shell::sh;
    static constexpr exec::shell bash = exec::shell::bash;
    for (const std::string_view path : {"sh", "/bin/sh", "/usr/bin/sh"})
        if (entrypoint == path) return &sh;
    for (const std::string_view path : {"bash", "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"})
        if (entrypoint == path) return &bash;
    return nullptr;
}

exec::request request_for(const pipelines::plan& plan, std::uint32_t action,
                          const std::map<std::string, vault::secret>& supplied_secrets,
                          const passed_variables& passed, const action_secrets& secrets,
                          const std::vector<std::pair<std::string, std::string>>& base,
                          const std::filesystem::path& workspace, bool for_its_fields) {
    const pipelines::planned_action& p = plan.actions[action];
    const pipelines::action& a = *p.definition;
    exec::request r;
    r.label = p.name;
    r.shell = shell_of(a);
    r.commands = commands_of(a);
    r.execute_every_command = a.execute_every_command;
    r.directory = directory_of(a, workspace);
    r.workspace = workspace;
    r.machine_environment = base;
    r.environment.reserve(plan.environment.size() + p.environment.size() + secrets.plain.size() + 1);
    for (const auto* environment : {&plan.environment, &p.environment}) {
        if (environment == &plan.environment && !for_its_fields && is_apart(a)) continue;
        for (const pipelines::environment_entry& e : *environment) {
            const auto supplied = supplied_secrets.find(e.name);
            if (supplied != supplied_secrets.end())
                r.secrets.emplace_back(e.name, &supplied->second);
            else
                r.environment.emplace_back(e.name, e.value);
        }
        if (environment == &p.environment) break;
        for (const auto& v : passed.plain()) r.environment.emplace_back(v.first, v.second);
        for (const auto& v : passed.secrets()) r.secrets.emplace_back(v.first, v.second);
    }
    for (const auto& v : secrets.plain) r.environment.push_back(v);
    for (const auto& [name, value] : secrets.variables) r.secrets.emplace_back(name, &value);
    for (const delivered_secret_file& f : secrets.files)
        r.files.push_back({f.variable, f.name, &f.content, f.directory, f.mode});
    keep_the_last(r);
    return r;
}

}  // namespace latchkey::run
