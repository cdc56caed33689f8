// SPDX-License-Identifier: Apache-2.0
//
// Writes a run's events to the store on a thread of its own, many in one transaction, and tells the observer of each
// after it is durable, on the run's loop: what anybody has been shown survives kill -9. Numbers them and stamps the
// time. Owner: whoever runs the attempt. push() and flush() from the loop only; close() before it is destroyed.
#pragma once

#include "runner/async/notification.hpp"
#include "runner/async/task.hpp"
#include "runner/run/access.hpp"
#include "runner/run/events.hpp"
#include "runner/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace latchkey::run {

using observer = std::function<void(const event&)>;

class journal {
public:
    // `last` is the number of the attempt's last event so far.
    journal(store::store&, policy::run_id, int attempt, std::int64_t last, wall_clock, boost::asio::any_io_executor,
            observer);
    ~journal();
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    void push(event);
    // Returns when everything pushed so far is durable and observed, or can't be any more.
    async::task<result<void>> flush();
    // The first failure to write; after it nothing is written any more.
    bool failed() const;

private:
    struct shared;
    std::shared_ptr<shared> shared_;
};

}  // namespace latchkey::run
