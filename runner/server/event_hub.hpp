// SPDX-License-Identifier: Apache-2.0
//
// Wakes the live views of a run when something has happened to it; what has, they read from the store. Owner: the
// server. Any thread publishes; a listener lives on the loop that it was made for.
#pragma once

#include "policy/ids.hpp"
#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace latchkey::server {

class event_hub {
public:
    class listener {
    public:
        explicit listener(const boost::asio::any_io_executor& ex) : timer_(ex) {}
        // Returns when something has happened since the last wait, or after this time.
        async::task<> wait(std::chrono::milliseconds at_most);

    private:
        friend class event_hub;
        boost::asio::steady_timer timer_;
        std::atomic<bool> raised_{false};
    };

    // As long as the pointer lives. An invalid run: of every run.
    std::shared_ptr<listener> listen(policy::run_id, const boost::asio::any_io_executor&);
    // Output is news to who watches that run, and to nobody who watches all.
    enum class news : unsigned char { change, output };
    void publish(policy::run_id, news = news::change);
    std::size_t listening();
    // Wakes everybody, for good: closed() is what they ask.
    void close();
    bool closed() const { return closed_; }

private:
    static void wake(const std::shared_ptr<listener>&);
    void add_listeners(policy::run_id, std::vector<std::shared_ptr<listener>>& to);
    std::mutex mutex_;
    std::multimap<policy::run_id, std::weak_ptr<listener>> listeners_;
    std::atomic<bool> closed_{false};
};

}  // namespace latchkey::server
