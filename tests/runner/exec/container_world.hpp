// SPDX-License-Identifier: Apache-2.0
//
// What the tests of containers share: a request for a container of the test image, a backend on each engine that the
// tests have started, and a look at what is left on it. One thread.
#pragma once

#include "runner/engine/containers.hpp"
#include "runner/exec/container.hpp"
#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/engine.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

inline constexpr auto mark = "conformance.1";

// In the container the workspace lies where it lies here.
inline exec::request in_container(std::vector<std::string> commands, const std::filesystem::path& folder) {
    exec::request r = script(std::move(commands), folder);
    r.container.emplace();
    r.container->image = test_image;
    r.container->working_directory = folder.string();
    r.container->mounts = {{folder, folder.string(), false}};
    r.network = false;
    return r;
}

inline std::unique_ptr<exec::backend> backend_on(const test_engine& e, const boost::asio::any_io_executor& ex) {
    return exec::make_container_backend(ex, {e.socket, mark, e.name == "podman"});
}

inline async::task<std::size_t> left_on(const test_engine& e, const boost::asio::any_io_executor& ex) {
    engine::client client(ex, e.socket);
    const auto ids = co_await engine::containers_with_label(client, std::string("latchkey.executor=") + mark);
    REQUIRE(ids.has_value());
    co_return ids->size();
}

// Each engine, one after the other; a machine where one does not start fails the test with the reason.
inline void on_each(const std::function<void(const test_engine&)>& body) {
    for (const test_engine& e : test_engines()) {
        CAPTURE(e.name);
        CAPTURE(e.why_not);
        REQUIRE_FALSE(e.socket.empty());
        body(e);
    }
}

inline void each(
    const std::function<async::task<>(const test_engine&, exec::backend&, const std::filesystem::path&)>& body) {
    on_each([&](const test_engine& e) {
        const temp_dir folder;
        run_async(
            [&](boost::asio::any_io_executor ex) -> async::task<> {
                const auto backend = backend_on(e, ex);
                co_await body(e, *backend, folder.path());
                co_await backend->close();
                CHECK_EQ(co_await left_on(e, ex), 0);
            },
            std::chrono::seconds(120));
    });
}

}  // namespace latchkey::test
