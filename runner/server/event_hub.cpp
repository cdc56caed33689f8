// SPDX-License-Identifier: Apache-2.0
#include "runner/server/event_hub.hpp"

#include <boost/asio/post.hpp>

namespace latchkey::server {

async::task<> event_hub::listener::wait(std::chrono::milliseconds at_most) {
    if (!raised_) {
        timer_.expires_after(at_most);
        co_await timer_.async_wait(async::nothrow);
    }
    raised_ = false;
}

std::shared_ptr<event_hub::listener> event_hub::listen(policy::run_id run, const boost::asio::any_io_executor& ex) {
    auto made = std::make_shared<listener>(ex);
    const std::lock_guard lock(mutex_);
    // Those that have gone are swept where others come.
    for (auto [at, end] = listeners_.equal_range(run); at != end;)
        at = at->second.expired() ? listeners_.erase(at) : std::next(at);
    listeners_.emplace(run, made);
    return made;
}

void event_hub::wake(const std::shared_ptr<listener>& one) {
    // Whoever is already to be woken reads what is new by then.
    if (one->raised_.exchange(true)) return;
    boost::asio::post(one->timer_.get_executor(), [one] { one->timer_.cancel(); });
}

void event_hub::add_listeners(policy::run_id run, std::vector<std::shared_ptr<listener>>& to) {
    for (auto [at, end] = listeners_.equal_range(run); at != end;) {
        if (auto one = at->second.lock()) {
            to.push_back(std::move(one));
            ++at;
        } else {
            at = listeners_.erase(at);
        }
    }
}

void event_hub::publish(policy::run_id run, news what) {
    std::vector<std::shared_ptr<listener>> now;
    {
        const std::lock_guard lock(mutex_);
        add_listeners(run, now);
        if (run.valid() && what == news::change) add_listeners(policy::run_id(), now);
    }
    for (const auto& one : now) wake(one);
}

std::size_t event_hub::listening() {
    const std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [](const auto& each) { return each.second.expired(); });
    return listeners_.size();
}

void event_hub::close() {
    closed_ = true;
    std::vector<std::shared_ptr<listener>> now;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [run, weak] : listeners_)
            if (auto one = weak.lock()) now.push_back(std::move(one));
    }
    for (const auto& one : now) wake(one);
}

}  // namespace latchkey::server
