// SPDX-License-Identifier: Apache-2.0
//
// SSH_COMMAND: the commands as one script on another machine, by the ssh program. The script and its variables go
// through its standard input, so that no process list shows them.
#include "runner/native/program.hpp"
#include "runner/native/ssh_login.hpp"
#include "runner/native/types.hpp"

#include <ostream>
#include <utility>

namespace latchkey::native {

namespace {

bool is_name(const std::string& name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

// A function is read to its end before it begins, so nothing in it reads the rest of the script.
std::string script_for(const action& a) {
    std::string script;
    for (const auto& [name, value] : a.variables())
        if (is_name(name)) script += "export " + name + "=" + shell_word(value) + "\n";
    script += "latchkey_script() {\n:\n";
    if (const std::string directory = a.working_directory(); !directory.empty())
        script += "cd " + shell_word(directory) + " || return\n";
    script += a.script() + "\n}\nlatchkey_script </dev/null\n";
    return script;
}

int run_on(const action& a, const host_login& login, std::ostream& out) {
    auto ready = ssh_for(a, login);
    if (!ready) {
        out << ready.error().what << "\n";
        return 1;
    }
    std::vector<std::string> ssh = std::move(*ready);
    const std::string shell = a.shell() == "bash" ? "bash" : "sh";
    ssh.insert(ssh.end(), {"--", login.host, "exec " + shell + (a.flag("execute_every_command") ? " -s" : " -e -s")});
    out << "on " << login.host << " as " << login.user << "\n" << std::flush;
    const int code = run_program(ssh, script_for(a));
    if (code == 127) out << "127: ssh is not installed here, or a command is not known there\n";
    if (code == 255) out << "ssh could not log in to " << login.host << ", or lost it\n";
    return code;
}

}  // namespace

int ssh_command(const action& a, std::ostream& out) {
    const auto logins = logins_of(a);
    if (!logins) {
        out << logins.error().what << "\n";
        return 2;
    }
    for (const host_login& login : *logins)
        if (const int code = run_on(a, login, out); code != 0) return code;
    return 0;
}

}  // namespace latchkey::native
