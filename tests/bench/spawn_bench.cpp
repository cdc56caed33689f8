// SPDX-License-Identifier: Apache-2.0
//
// What it costs to start a no-op script and see it end, in turn by each way: the machine's limit first.
#include "runner/exec/host.hpp"
#include "runner/exec/launch.hpp"
#include "runner/exec/process_namespace.hpp"
#include "runner/exec/sandbox.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace exec = latchkey::exec;

char** no_environment() {
    static char path[] = "PATH=/usr/bin:/bin";
    static char* environment[] = {path, nullptr};
    return environment;
}

void by_posix_spawn() {
    char sh[] = "sh";
    char c[] = "-c";
    char script[] = "true";
    char* argv[] = {sh, c, script, nullptr};
    pid_t pid = 0;
    if (::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, argv, no_environment()) != 0) std::abort();
    ::waitpid(pid, nullptr, 0);
}

void by_launch(exec::process_namespace* inside) {
    exec::launch_request r;
    r.program = "/bin/sh";
    r.arguments = {"sh", "-c", "true"};
    r.environment = {"PATH=/usr/bin:/bin"};
    r.inside = inside;
    auto process = exec::launch(r);
    if (!process) std::abort();
    pollfd ended{(*process)->pidfd(), POLLIN, 0};
    while (!(*process)->reap()) ::poll(&ended, 1, -1);
}

void by_backend(exec::backend& backend, asio::io_context& loop) {
    bool good = false;
    asio::co_spawn(
        loop,
        [&]() -> latchkey::async::task<> {
            exec::request r;
            r.commands = {"true"};
            r.environment = {{"PATH", "/usr/bin:/bin"}};
            r.directory = std::filesystem::current_path();
            auto e = co_await backend.start(std::move(r));
            std::array<char, 65536> buffer{};
            while (*co_await (*e)->read(asio::buffer(buffer)) != 0) {
            }
            good = (co_await (*e)->wait())->number == 0;
        },
        [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    loop.restart();
    loop.run();
    if (!good) std::abort();
}

struct way {
    const char* what;
    std::function<void()> once;
    std::vector<double> wall;
    std::vector<double> cpu;
};

double cpu_seconds() {
    double seconds = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage u{};
        ::getrusage(who, &u);
        seconds += static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                   static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    }
    return seconds;
}

double median(std::vector<double>& all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

// In turn, so that what else the machine does meets each way alike.
void measure(std::vector<way>& ways) {
    constexpr int rounds = 25;
    constexpr int count = 40;
    for (int round = 0; round <= rounds; ++round)
        for (way& w : ways) {
            const double cpu_before = cpu_seconds();
            const auto before = std::chrono::steady_clock::now();
            for (int i = 0; i < count; ++i) w.once();
            const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
            if (round == 0) continue;  // warms up
            w.wall.push_back(wall.count() * 1000 / count);
            w.cpu.push_back((cpu_seconds() - cpu_before) * 1000 / count);
        }
    for (way& w : ways) std::printf("  %-56s %7.3f ms wall %7.3f ms CPU\n", w.what, median(w.wall), median(w.cpu));
}

}  // namespace

int main() {
    asio::io_context loop(1);
    const auto with = exec::make_host_backend(loop.get_executor());
    const auto without = exec::make_host_backend(loop.get_executor(), {.pid_namespace = false});
    std::vector<way> ways;
    ways.push_back({"posix_spawn of sh -c true (the limit)", by_posix_spawn, {}, {}});
    ways.push_back({"launch", [] { by_launch(nullptr); }, {}, {}});
    auto space = exec::process_namespace::make();
    if (space) {
        ways.push_back({"launch in a process namespace that is there", [&] { by_launch(space->get()); }, {}, {}});
        ways.push_back({"launch in a process namespace made for it",
                        [] { by_launch(exec::process_namespace::make().value().get()); },
                        {},
                        {}});
    }
    ways.push_back({"host backend, output read, with a namespace", [&] { by_backend(*with, loop); }, {}, {}});
    ways.push_back({"host backend, output read, without", [&] { by_backend(*without, loop); }, {}, {}});
    const auto sandbox = exec::make_sandbox_backend(loop.get_executor());
    if (sandbox) ways.push_back({"sandbox backend, output read", [&] { by_backend(**sandbox, loop); }, {}, {}});
    measure(ways);
    return 0;
}
