// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/capture.hpp"

#include "runner/exec/descriptor.hpp"
#include "runner/exec/find_program.hpp"
#include "runner/exec/launch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

using clock = std::chrono::steady_clock;

// Waits for one of them to become readable; false: the time is over.
template <std::size_t Count>
bool wait_for(std::array<pollfd, Count>& any, clock::time_point end) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
        if (left <= 0) return false;
        constexpr decltype(left) an_hour = 3'600'000;
        const int ready = ::poll(any.data(), any.size(), static_cast<int>(std::min(left, an_hour)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

// Takes what is there; false: that was all.
bool take(int fd, std::string& into) {
    char buffer[16384];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0) return errno == EINTR;
    into.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
}

struct pipe_ends {
    descriptor read;
    descriptor write;
    bool open() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return false;
        read.reset(ends[0]);
        write.reset(ends[1]);
        return true;
    }
};

bool holds_name(const std::vector<std::string>& variables, const std::string& name) {
    return std::ranges::any_of(variables, [&name](const std::string& v) { return v.starts_with(name + "="); });
}

}  // namespace

result<captured> capture(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
                         std::chrono::milliseconds limit, const std::vector<std::string>& more) {
    capture_request request;
    request.arguments = arguments;
    request.directory = directory;
    request.limit = limit;
    request.environment = more;
    return capture(request);
}

result<captured> capture(const capture_request& request) {
    if (request.arguments.empty()) return failure(errc::engine, "can't run a program without a name");
    const std::string& name = request.arguments.front();
    launch_request l;
    l.program = find_program(name);
    if (l.program.empty()) return failure(errc::engine, "can't find the program " + name);
    l.arguments = request.arguments;
    // Programs of ours get no more of our environment than they need, and speak English.
    l.environment = {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0"};
    for (const char* variable : {"PATH", "HOME", "XDG_CONFIG_HOME"})
        if (const char* value = std::getenv(variable); value != nullptr && !holds_name(request.environment, variable))
            l.environment.push_back(std::string(variable) + "=" + value);
    l.environment.insert(l.environment.end(), request.environment.begin(), request.environment.end());
    l.inherited = request.inherited;
    l.directory = request.directory.string();
    pipe_ends output;
    pipe_ends errors;
    if (!output.open() || !errors.open()) return failure(errc::engine, "can't make a pipe for " + name);
    l.output = output.write.get();
    l.errors = errors.write.get();
    const auto end = clock::now() + request.limit;
    const auto process = launch(l);
    if (!process) return process.error();
    output.write.reset();
    errors.write.reset();

    const auto too_long = [&] {
        return failure(errc::engine, name + " took longer than " + std::to_string(request.limit.count()) + " ms");
    };
    captured c;
    // A negative descriptor is not looked at.
    std::array<pollfd, 3> open{
        {{output.read.get(), POLLIN, 0}, {errors.read.get(), POLLIN, 0}, {request.stop, POLLIN, 0}}};
    while (open[0].fd >= 0 || open[1].fd >= 0) {
        if (!wait_for(open, end)) return too_long();  // what still runs is killed with `process`
        if (open[2].revents != 0) return failure(errc::cancelled, name + " was stopped");
        if (open[0].revents != 0 && !take(open[0].fd, c.output)) open[0].fd = -1;
        if (open[1].revents != 0 && !take(open[1].fd, c.errors)) open[1].fd = -1;
        if (c.output.size() + c.errors.size() > request.most_output)
            return failure(errc::engine,
                           name + " printed more than " + std::to_string(request.most_output >> 20U) + " MB");
    }
    std::array<pollfd, 2> ended{{{(*process)->pidfd(), POLLIN, 0}, {request.stop, POLLIN, 0}}};
    while (!(*process)->reap()) {
        if (!wait_for(ended, end)) return too_long();
        if (ended[1].revents != 0 && ended[0].revents == 0) return failure(errc::cancelled, name + " was stopped");
    }
    const auto status = (*process)->status();
    if (!status) return failure(errc::engine, "can't tell how " + name + " ended: its exit status was lost");
    c.exit_code = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
    return c;
}

}  // namespace latchkey::exec
