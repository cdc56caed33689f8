// SPDX-License-Identifier: Apache-2.0
//
// RSYNC: the workspace's files to a folder of another machine, by the rsync program over ssh.
#include "runner/native/program.hpp"
#include "runner/native/ssh_login.hpp"
#include "runner/native/types.hpp"

#include <ostream>
#include <utility>

namespace latchkey::native {

namespace {

// Where neither is said it is as in the form that people fill in: recursive.
std::vector<std::string> options_of(const action& a) {
    std::vector<std::string> options = {"rsync", "--itemize-changes", "--protect-args", "--exclude=/.git"};
    if (a.flag("archive")) options.emplace_back("--archive");
    if (a.flag("compress")) options.emplace_back("--compress");
    if (a.flag("dirs")) options.emplace_back("--dirs");
    if (a.flag("recursive") || (!a.flag("archive") && !a.flag("dirs"))) options.emplace_back("--recursive");
    if (a.flag("delete_extra_files")) options.emplace_back("--delete");
    // The first that matches counts.
    for (const std::string& pattern : a.list("deployment_includes")) options.push_back("--include=" + pattern);
    for (const std::string& pattern : a.list("deployment_excludes")) options.push_back("--exclude=" + pattern);
    return options;
}

int sync_to(const action& a, const host_login& login, const std::string& from, std::ostream& out) {
    const auto ssh = ssh_for(a, login);
    if (!ssh) {
        out << ssh.error().what << "\n";
        return 1;
    }
    std::string shell;
    for (const std::string& word : *ssh) shell += (shell.empty() ? "" : " ") + shell_word(word);
    const std::string folder = a.text("remote_path").empty() ? login.path : a.text("remote_path");
    const std::string host = login.host.find(':') == std::string::npos ? login.host : "[" + login.host + "]";
    std::vector<std::string> arguments = options_of(a);
    arguments.insert(arguments.end(), {"-e", shell, "--", from, host + ":" + (folder.empty() ? "." : folder)});
    out << "to " << login.host << " as " << login.user << "\n" << std::flush;
    const int code = run_program(arguments);
    if (code == 127) out << "127: rsync is not installed here, or not there\n";
    return code;
}

}  // namespace

int rsync(const action& a, std::ostream& out) {
    const auto logins = logins_of(a);
    const auto from = in_workspace(a, a.text("local_path"));
    if (!logins || !from) {
        out << (logins ? from.error().what : logins.error().what) << "\n";
        return 2;
    }
    std::error_code ec;
    // With a slash at its end it is what the folder holds.
    const std::string path = from->string() + (std::filesystem::is_directory(*from, ec) ? "/" : "");
    for (const host_login& login : *logins)
        if (const int code = sync_to(a, login, path, out); code != 0) return code;
    return 0;
}

}  // namespace latchkey::native
