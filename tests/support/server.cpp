// SPDX-License-Identifier: Apache-2.0
#include "tests/support/server.hpp"

#include "tests/support/golden.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {

namespace {

bool listens(const std::string& port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

}  // namespace

server::server(const std::string& script) {
    const std::string program = std::string(LATCHKEY_SOURCE_DIR "/tests/") + script;
    const std::string folder = folder_.path().string();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::setsid();
        const int log = ::open((folder + "/log").c_str(), O_WRONLY | O_CREAT, 0600);
        ::dup2(log, 1);
        ::dup2(log, 2);
        ::close_range(3, ~0U, 0);
        ::execl(program.c_str(), program.c_str(), folder.c_str(), nullptr);
        ::_exit(127);
    }
    // There is no event to wait for: a file appears, and somebody listens somewhat later.
    for (int round = 0; round < 3000; ++round) {
        if (std::filesystem::exists(folder_ / "port")) {
            port_ = read_file(folder_ / "port");
            while (port_.ends_with('\n')) port_.pop_back();
            if (listens(port_)) return;
        }
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error(script + " did not start: " + read_file(folder_ / "log"));
}

server::~server() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace latchkey::test
