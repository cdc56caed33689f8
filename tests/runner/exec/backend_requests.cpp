// SPDX-License-Identifier: Apache-2.0
#include "runner/async/task_group.hpp"
#include "tests/runner/exec/backend_conformance.hpp"

#include <boost/asio/buffer.hpp>

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace latchkey::test {

namespace {

namespace asio = boost::asio;
using async::task;

}  // namespace

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

exec::request script(std::vector<std::string> commands, const std::filesystem::path& folder) {
    exec::request r;
    r.label = "test";
    r.commands = std::move(commands);
    r.environment = {{"PATH", "/usr/bin:/bin"}};
    r.directory = folder;
    return r;
}

task<finished> run_to_end(exec::backend& backend, exec::request r) {
    auto e = co_await backend.start(std::move(r));
    if (!e) throw std::runtime_error(e.error().what);
    finished f;
    std::vector<char> buffer(1 << 16);
    // A background process may hold the output open after the script: wait() ends it, read() then sees the end.
    async::task_group reader(co_await asio::this_coro::executor);
    constexpr auto read_all = [](exec::execution& from, std::vector<char>& into, std::string& text) -> task<> {
        for (;;) {
            const auto n = co_await from.read(asio::buffer(into));
            if (!n || *n == 0) co_return;
            text.append(into.data(), *n);
        }
    };
    reader.spawn(read_all(**e, buffer, f.output));
    const auto status = co_await (*e)->wait();
    co_await reader.join();
    if (!status) throw std::runtime_error(status.error().what);
    f.status = *status;
    co_return f;
}

}  // namespace latchkey::test
