// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/stop_signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <thread>

namespace latchkey::cli {

struct stop_signals::impl {
    explicit impl(std::function<void()> f) : again(std::move(f)), signals(loop, SIGTERM, SIGINT) {
        wait();
        thread = std::jthread([this] { loop.run(); });
    }
    ~impl() { loop.stop(); }

    void wait() {
        signals.async_wait([this](const boost::system::error_code& ec, int) {
            if (ec) return;
            if (++count > 1) again();
            wait();
        });
    }

    std::function<void()> again;
    boost::asio::io_context loop{1};
    boost::asio::signal_set signals;
    int count = 0;
    std::jthread thread;
};

stop_signals::stop_signals(std::function<void()> again) : impl_(std::make_unique<impl>(std::move(again))) {}
stop_signals::~stop_signals() = default;

}  // namespace latchkey::cli
