// SPDX-License-Identifier: Apache-2.0
//
// The coroutines that one owner spawned, so that none is left behind: join() returns when all have ended, cancel()
// asks all that run to end. An exception that leaves one (a bug) is kept and thrown by join(). Lives on one loop:
// every call from its thread. Must be joined before it is destroyed.
#pragma once

#include "runner/async/notification.hpp"
#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <list>

namespace latchkey::async {

class task_group {
public:
    explicit task_group(const boost::asio::any_io_executor&);
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    void spawn(task<>);
    // Terminal cancellation of every task that runs now. That a task ends by it is no bug.
    void cancel();
    // Waits for all, those spawned meanwhile too; then throws the first exception that left one of them.
    task<> join();
    std::size_t running() const { return running_.size(); }

private:
    boost::asio::any_io_executor executor_;
    std::list<boost::asio::cancellation_signal> running_;
    notification ended_;
    std::exception_ptr first_error_;
    bool cancelled_ = false;
};

}  // namespace latchkey::async
