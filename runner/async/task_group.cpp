// SPDX-License-Identifier: Apache-2.0
#include "runner/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <utility>

namespace latchkey::async {

task_group::task_group(const boost::asio::any_io_executor& executor) : executor_(executor), ended_(executor) {}

task_group::~task_group() {
    assert(running_.empty() && "join a task_group before it is destroyed");
}

namespace {

// Asio throws it out of the first co_await after a cancellation.
bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == boost::asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

void task_group::spawn(task<> work) {
    const auto at = running_.emplace(running_.end());
    auto on_end = [this, at](const std::exception_ptr& error) {
        if (error && !first_error_ && !(cancelled_ && is_cancellation(error))) first_error_ = error;
        running_.erase(at);
        if (running_.empty()) ended_.notify();
    };
    boost::asio::co_spawn(executor_, std::move(work),
                          boost::asio::bind_cancellation_slot(at->slot(), std::move(on_end)));
}

void task_group::cancel() {
    cancelled_ = true;
    // A handler may run at once and erase its signal: step on before emitting.
    for (auto at = running_.begin(); at != running_.end();) {
        auto& signal = *at++;
        signal.emit(boost::asio::cancellation_type::terminal);
    }
}

task<> task_group::join() {
    while (!running_.empty()) co_await ended_.wait();
    if (first_error_) std::rethrow_exception(std::exchange(first_error_, nullptr));
}

}  // namespace latchkey::async
