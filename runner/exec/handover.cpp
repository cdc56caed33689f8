// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/handover.hpp"

#include "runner/exec/exported.hpp"
#include "runner/exec/secret_files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

bool make_folder(const std::string& path, unsigned mode) {
    return ::mkdir(path.c_str(), 0700) == 0 && ::chmod(path.c_str(), mode) == 0;
}

bool a_shell_can_export(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

bool one_component(const std::string& name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

const char* program_in_image(shell s) {
    switch (s) {
        case shell::sh:
            return "/bin/sh";
        case shell::bash:
            return "bash";
        case shell::powershell:
            return "pwsh";
    }
    return "/bin/sh";
}

}  // namespace

std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out.push_back(c);
    }
    return out + "'";
}

result<handover> handover::write(const request& r, bool for_everybody) {
    const auto refuse = [&r](const std::string& why) {
        return failure(errc::engine, "can't execute \"" + r.label + "\": " + why);
    };
    const unsigned folder_mode = for_everybody ? 0755U : 0700U;
    const unsigned file_mode = for_everybody ? 0644U : 0600U;
    handover h;
    auto folder = memory_folder::make();
    if (!folder) return folder.error();
    h.folder_ = std::move(*folder);
    const std::string in = h.source();
    if (!make_folder(in, folder_mode)) return refuse("its files can't be written in memory");

    std::string environment;
    const auto add = [&environment](std::string_view name, std::string_view value) {
        environment.append("export ").append(name).append("=").append(shell_quoted(value)).append("\n");
    };
    for (const auto& [name, value] : r.secrets) {
        if (!a_shell_can_export(name) || value->reveal().find('\0') != std::string_view::npos)
            return refuse(
                "in a container a secret's name consists of letters, digits and _, and its value has no NUL "
                "character: " +
                name);
        add(name, value->reveal());
    }
    for (std::size_t i = 0; i < r.files.size(); ++i) {
        // Files of several integrations may share a name: each lies in a folder of its own.
        const secret_file& file = r.files[i];
        const std::string own = "/" + std::to_string(i);
        const unsigned mode = for_everybody ? file.mode | ((file.mode & 0444U) != 0 ? 0444U : 0U) : file.mode;
        if (!a_shell_can_export(file.variable) || !one_component(file.name) || !make_folder(in + own, folder_mode) ||
            !write_private(in + own + "/" + file.name, file.content->reveal(), mode))
            return refuse("the secret file for " + file.variable + " can't be written in memory");
        add(file.variable, std::string(place) + own + (file.directory ? "" : "/" + file.name));
    }
    const bool collects = r.collect_exported && r.shell != shell::powershell;
    std::string script;
    for (const std::string& command : r.commands) script.append(command).append("\n");
    if (collects && may_set_variables(script)) script.insert(0, export_at_end);
    if (script.find('\0') != std::string::npos) return refuse("a command holds a NUL character");
    const std::string there(place);
    // The container's user may be any; around the folder nobody but us gets in.
    if (collects) {
        if (!make_folder(h.back(), 0777) || !write_private(h.back() + "/" + std::string(exported_name), {}, 0666))
            return refuse("its files can't be written in memory");
        add(exported_variable, std::string(place_back) + "/" + std::string(exported_name));
        h.collects_ = true;
    }
    if (!write_private(in + "/environment", environment, file_mode) ||
        !write_private(in + "/script", script, file_mode))
        return refuse("its files can't be written in memory");

    // The first process only waits: signals mean to the script what they mean anywhere, and with it everything ends.
    // What that shell says of its own (`Killed`) is no output of the action.
    const std::string interpreter = program_in_image(r.shell);
    const std::string stop_at_failure = r.execute_every_command ? "" : "-e ";
    std::string start = "exec </dev/null 2>/dev/null; . " + there + "/environment; (exec ";
    if (r.shell == shell::powershell)
        start +=
            interpreter + " -NoProfile -NonInteractive -Command " +
            shell_quoted(std::string(r.execute_every_command ? ""
                                                             : "$ErrorActionPreference = 'Stop'; "
                                                               "$PSNativeCommandUseErrorActionPreference = $true; ") +
                         ". ([scriptblock]::Create([IO.File]::ReadAllText('" + there +
                         "/script'))); if ($LASTEXITCODE) { exit $LASTEXITCODE }");
    else
        start += interpreter + " " + stop_at_failure + "-c " + shell_quoted(". " + there + "/script") + " " +
                 shell_quoted(r.label);
    h.arguments_ = {"-c", start + ") 2>&1; exit $?"};
    return h;
}

std::string handover::exported() const {
    return collects_ ? read_private_file(back() + "/" + std::string(exported_name), longest_exported) : std::string();
}

}  // namespace latchkey::exec
