// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/capture.hpp"

#include "runner/exec/launch.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

constexpr std::size_t most_output = 16UL << 20U;

std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const char* path = std::getenv("PATH");
    std::string_view folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!folders.empty()) {
        const std::size_t colon = folders.find(':');
        const std::string candidate = std::string(folders.substr(0, colon)) + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        folders = colon == std::string_view::npos ? std::string_view() : folders.substr(colon + 1);
    }
    return {};
}

}  // namespace

result<captured> capture(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
                         std::chrono::milliseconds limit) {
    launch_request l;
    l.program = find_program(arguments.front());
    if (l.program.empty()) return failure(errc::engine, "can't find the program " + arguments.front());
    l.arguments = arguments;
    // Programs of ours get no more of our environment than they need, and speak English.
    l.environment = {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0"};
    for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME"})
        if (const char* value = std::getenv(name); value != nullptr)
            l.environment.push_back(std::string(name) + "=" + value);
    l.directory = directory.string();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failure(errc::engine, "can't make a pipe for " + arguments.front());
    l.output = ends[1];
    auto process = launch(l);
    ::close(ends[1]);
    captured c;
    std::string problem = process ? "" : process.error().what;
    const auto end = std::chrono::steady_clock::now() + limit;
    while (problem.empty()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd p{ends[0], POLLIN, 0};
        const int ready = left.count() > 0 ? ::poll(&p, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            problem = arguments.front() + " took longer than " + std::to_string(limit.count()) + " ms";
            break;
        }
        char buffer[16384];
        const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
        if (n <= 0) break;
        c.output.append(buffer, static_cast<std::size_t>(n));
        if (c.output.size() > most_output) problem = arguments.front() + " printed more than 16 MB";
    }
    ::close(ends[0]);
    if (!problem.empty()) return failure(errc::engine, problem);  // what still runs is killed with `process`
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>((*process)->pidfd()), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    (*process)->reap();
    const int status = (*process)->status();
    c.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return c;
}

}  // namespace latchkey::exec
