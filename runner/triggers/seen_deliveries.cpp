// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/seen_deliveries.hpp"

namespace latchkey::triggers {

namespace {

std::string name_of_delivery(const std::string& hook, const std::string& key) {
    return std::to_string(hook.size()) + ":" + hook + key;
}

}  // namespace

remembered_deliveries::remembered_deliveries(std::chrono::seconds for_how_long, std::size_t most)
    : for_how_long_(for_how_long), most_(most) {}

result<bool> remembered_deliveries::first_time(const std::string& hook, const std::string& key,
                                               std::chrono::sys_seconds now) {
    const std::string name = name_of_delivery(hook, key);
    const std::lock_guard lock(mutex_);
    while (!in_order_.empty() && in_order_.front().first + for_how_long_ < now) {
        all_.erase(in_order_.front().second);
        in_order_.pop_front();
    }
    if (all_.contains(name)) return false;
    if (in_order_.size() >= most_)
        return failure(errc::refused, "too many deliveries have come: send this one again later");
    all_.insert(name);
    in_order_.emplace_back(now, name);
    return true;
}

void remembered_deliveries::forget(const std::string& hook, const std::string& key) {
    const std::string name = name_of_delivery(hook, key);
    const std::lock_guard lock(mutex_);
    if (all_.erase(name) == 0) return;
    std::erase_if(in_order_, [&name](const auto& each) { return each.second == name; });
}

}  // namespace latchkey::triggers
