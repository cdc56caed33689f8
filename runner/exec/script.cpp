// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/script.hpp"

#include "runner/exec/exported.hpp"
#include "runner/exec/find_program.hpp"

#include <cerrno>
#include <initializer_list>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

// One argument may have 128 KiB; half of it leaves room for what others add to the limit.
constexpr std::size_t longest_argument = 64UL * 1024;

std::string joined(const std::vector<std::string>& commands) {
    std::size_t size = 0;
    for (const std::string& command : commands) size += command.size() + 1;
    std::string script;
    script.reserve(size);
    for (const std::string& command : commands) {
        script += command;
        script += '\n';
    }
    return script;
}

result<descriptor> script_in_memory(const std::string& script) {
    descriptor file(::memfd_create("script", MFD_CLOEXEC));
    const auto refuse = [] {
        return failure(errc::engine, "can't hand over a script: " + std::system_category().message(errno));
    };
    if (file.get() < 0) return refuse();
    for (std::string_view rest = script; !rest.empty();) {
        const ssize_t n = ::write(file.get(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return refuse();
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return file;
}

const char* name_of(shell s) {
    switch (s) {
        case shell::sh:
            return "sh";
        case shell::bash:
            return "bash";
        case shell::powershell:
            return "pwsh";
    }
    return "?";
}

// What makes PowerShell stop at the first failure, of programs too (7.4), and end with a program's exit code.
std::string powershell_script(const std::string& commands, bool execute_every_command) {
    std::string script;
    if (!execute_every_command)
        script = "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true\n";
    return script + commands + "\nif ($LASTEXITCODE) { exit $LASTEXITCODE }\n";
}

}  // namespace

bool collects(const request& r) {
    return r.collect_exported && r.shell != shell::powershell;
}

result<shell_start> start_of(const request& r) {
    shell_start s;
    s.program = program_of(r.shell);
    if (s.program.empty())
        return failure(errc::engine, std::string("its shell, ") + name_of(r.shell) + ", is not installed");
    std::string script = joined(r.commands);
    if (script.find('\0') != std::string::npos) return failure(errc::engine, "a command holds a NUL character");
    if (collects(r) && may_set_variables(script)) script.insert(0, export_at_end);
    const bool powershell = r.shell == shell::powershell;
    if (powershell) {
        script = powershell_script(script, r.execute_every_command);
        s.arguments = {"pwsh", "-NoProfile", "-NonInteractive", "-Command"};
    } else {
        s.arguments = {name_of(r.shell)};
        if (!r.execute_every_command) s.arguments.emplace_back("-e");
    }
    if (script.size() <= longest_argument) {
        if (!powershell) s.arguments.emplace_back("-c");
        s.arguments.push_back(std::move(script));
        // $0: what the shell's own messages start with
        if (!powershell) s.arguments.push_back(r.label);
        return s;
    }
    // The shell opens the file anew, so what it starts need not inherit the descriptor.
    if (!powershell) script.insert(0, "exec 3<&-; ");
    auto file = script_in_memory(script);
    if (!file) return file.error();
    s.file = std::move(*file);
    s.arguments.emplace_back(powershell ? ". ([scriptblock]::Create([IO.File]::ReadAllText('/dev/fd/3')))"
                                        : "/dev/fd/3");
    return s;
}

std::string program_of(shell s) {
    const auto first_there = [](std::initializer_list<const char*> paths) -> std::string {
        for (const char* path : paths)
            if (std::string found = find_program(path); !found.empty()) return found;
        return {};
    };
    switch (s) {
        case shell::sh:
            return first_there({"/bin/sh", "sh"});
        case shell::bash:
            return first_there({"/bin/bash", "bash"});
        case shell::powershell:
            return first_there({"pwsh", "/opt/microsoft/powershell/7/pwsh"});
    }
    return {};
}

}  // namespace latchkey::exec
