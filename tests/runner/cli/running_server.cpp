// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/cli/running_server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

std::vector<std::string> where_to_listen(const std::vector<std::string>& words) {
    std::vector<std::string> all = words;
    if (std::ranges::find(words, "--listen") == words.end()) all.insert(all.begin(), {"--listen", "127.0.0.1:0"});
    return all;
}

}  // namespace

running_server::running_server(const session& s, const std::vector<std::string>& words)
    : running_server(s, "server", where_to_listen(words)) {}

running_server::running_server(const session& s, const std::string& command, const std::vector<std::string>& words) {
    std::vector<std::string> all = {command};
    all.insert(all.end(), words.begin(), words.end());
    const session::started process = s.start(all);
    pid_ = process.pid;
    from_ = process.output;
    reader_ = std::jthread([this] { read_output(); });
}

running_server::~running_server() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    reader_.join();
    ::close(from_);
}

void running_server::read_output() {
    char buffer[4096];
    for (;;) {
        const ssize_t n = ::read(from_, buffer, sizeof buffer);
        const std::lock_guard alone(mutex_);
        if (n > 0) said_.append(buffer, static_cast<std::size_t>(n));
        silent_ = n <= 0;
        more_.notify_all();
        if (silent_) return;
    }
}

bool running_server::wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    std::size_t at = std::string::npos;
    more_.wait_for(lock, std::chrono::minutes(1), [&] {
        at = said_.find(text, looked_);
        return at != std::string::npos || silent_;
    });
    if (at == std::string::npos) return false;
    looked_ = at + text.size();
    return true;
}

void running_server::wait_until_up() {
    const std::string words = "latchkey serves at ";
    if (!wait_for(words) || !wait_for("\n")) throw std::runtime_error("the server did not start: " + output());
    const std::string all = output();
    const std::size_t at = all.find(words) + words.size();
    url_ = all.substr(at, all.find(' ', at) - at);
    port_ = static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
}

std::string running_server::output() const {
    const std::lock_guard alone(mutex_);
    return said_;
}

void running_server::signal(int number) const {
    ::kill(pid_, number);
}

int running_server::wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

api_reply running_server::ask(const std::string& method, const std::string& target, const std::string& token,
                              const nlohmann::json& body) const {
    return ask_server(port_, method, target, token, body.is_null() ? "" : body.dump());
}

}  // namespace latchkey::test
