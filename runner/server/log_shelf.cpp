// SPDX-License-Identifier: Apache-2.0
#include "runner/server/log_shelf.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::size_t most_kept = 32;

}  // namespace

std::shared_ptr<log_shelf::kept> log_shelf::take(const log_name& name) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find_if(recent_, [&](const auto& each) { return each->name == name; });
    if (known != recent_.end()) {
        recent_.splice(recent_.begin(), recent_, known);
    } else {
        recent_.push_front(std::make_shared<kept>());
        recent_.front()->name = name;
        if (recent_.size() > most_kept) recent_.pop_back();
    }
    return recent_.front();
}

result<void> log_shelf::with(const log_name& name, const std::function<result<void>(log::log_reader&)>& look) {
    const std::shared_ptr<kept> one = take(name);
    const std::lock_guard lock(one->mutex);
    // What was removed meanwhile is not shown from here.
    if (one->reader && !places_.is_current(*one->reader, name)) one->reader.reset();
    if (!one->reader) {
        auto opened = places_.open(name);
        if (!opened) return opened.error();
        one->reader.emplace(std::move(*opened));
    }
    return look(*one->reader);
}

}  // namespace latchkey::server
