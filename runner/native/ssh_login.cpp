// SPDX-License-Identifier: Apache-2.0
#include "runner/native/ssh_login.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::native {

bool write_private(const std::filesystem::path& path, const std::string& bytes, unsigned mode) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return false;
    const bool good = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    return ::close(fd) == 0 && good && ::chmod(path.c_str(), mode) == 0;
}

std::string shell_word(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

result<std::filesystem::path> write_key(const action& a, const host_login& login) {
    const std::filesystem::path key = a.private_folder() / "key";
    if (!write_private(key, login.key.ends_with('\n') ? login.key : login.key + "\n", 0600))
        return failure(errc::io, "the login can't be written to the action's private folder");
    return key;
}

result<std::vector<std::string>> ssh_for(const action& a, const host_login& login) {
    const std::filesystem::path folder = a.private_folder();
    std::vector<std::string> ssh = {"ssh", "-T",
                                    "-o",  "StrictHostKeyChecking=accept-new",
                                    "-o",  "ConnectTimeout=30",
                                    "-o",  "LogLevel=ERROR",
                                    "-o",  "ServerAliveInterval=30",
                                    "-o",  "ForwardAgent=no"};
    bool ready = true;
    if (!login.key.empty()) {
        ready = write_key(a, login).has_value();
        ssh.insert(ssh.end(), {"-i", (folder / "key").string(), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"});
    } else {
        ready = write_private(folder / "password", login.password + "\n", 0600) &&
                write_private(folder / "askpass",
                              "#!/bin/sh\nexec cat " + shell_word((folder / "password").string()) + "\n", 0700);
        ::setenv("SSH_ASKPASS", (folder / "askpass").c_str(), 1);
        ::setenv("SSH_ASKPASS_REQUIRE", "force", 1);
        ssh.insert(ssh.end(), {"-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"});
    }
    if (!ready) return failure(errc::io, "the login can't be written to the action's private folder");
    if (login.port > 0) ssh.insert(ssh.end(), {"-p", std::to_string(login.port)});
    ssh.insert(ssh.end(), {"-l", login.user});
    return ssh;
}

}  // namespace latchkey::native
