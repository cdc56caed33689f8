// SPDX-License-Identifier: Apache-2.0
#include "runner/metrics/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace latchkey::metrics {

namespace {

std::string number_text(double value) {
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
    return {digits.data(), end};
}

// A label's value, or with `quotes` false the text of HELP.
std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || (quotes && c == '"')) out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

std::string label_text(const labels& all) {
    std::string text;
    for (const auto& [name, value] : all)
        text += (text.empty() ? "" : ",") + name + "=\"" + escaped(value, true) + "\"";
    return text;
}

std::string in_braces(const std::string& inside) {
    return inside.empty() ? "" : "{" + inside + "}";
}

}  // namespace

void histogram::observe(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto at = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(took.count(), std::memory_order_relaxed);
}

std::array<std::uint64_t, histogram::bounds.size() + 1> histogram::up_to() const {
    std::array<std::uint64_t, bounds.size() + 1> all{};
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = sum += counts_[i].load(std::memory_order_relaxed);
    return all;
}

std::chrono::nanoseconds histogram::sum() const {
    return std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed));
}

struct registry::family {
    char type = 'c';
    std::string help;
    // By the text of their labels.
    std::map<std::string, std::unique_ptr<counter>> counters;
    std::map<std::string, std::unique_ptr<gauge>> gauges;
    std::map<std::string, std::unique_ptr<histogram>> histograms;
};

registry::registry() = default;
registry::~registry() = default;

registry::family& registry::find(const std::string& name, const std::string& help, char type) {
    auto& found = families_[name];
    if (!found) {
        found = std::make_unique<family>();
        found->type = type;
        found->help = help;
    }
    if (found->type != type) throw std::logic_error("the metric " + name + " is of two types");
    return *found;
}

namespace {

template <class Metric>
Metric& in(std::map<std::string, std::unique_ptr<Metric>>& all, const labels& l) {
    auto& found = all[label_text(l)];
    if (!found) found = std::make_unique<Metric>();
    return *found;
}

}  // namespace

counter& registry::count(const std::string& name, const std::string& help, const labels& l) {
    const std::lock_guard alone(mutex_);
    return in(find(name, help, 'c').counters, l);
}

gauge& registry::measure(const std::string& name, const std::string& help, const labels& l) {
    const std::lock_guard alone(mutex_);
    return in(find(name, help, 'g').gauges, l);
}

gauge& registry::total(const std::string& name, const std::string& help, const labels& l) {
    const std::lock_guard alone(mutex_);
    return in(find(name, help, 'c').gauges, l);
}

histogram& registry::time(const std::string& name, const std::string& help, const labels& l) {
    const std::lock_guard alone(mutex_);
    return in(find(name, help, 'h').histograms, l);
}

std::shared_ptr<void> registry::before_text(std::function<void()> call) {
    const std::lock_guard alone(calling_);
    const auto at = before_.insert(before_.end(), std::move(call));
    return {nullptr, [this, at](void*) {
                const std::lock_guard nobody_calls(calling_);
                before_.erase(at);
            }};
}

std::string registry::text() const {
    {
        const std::lock_guard alone(calling_);
        for (const auto& call : before_) call();
    }
    const std::lock_guard alone(mutex_);
    std::string text;
    for (const auto& [name, f] : families_) {
        text += "# HELP " + name + " " + escaped(f->help, false) + "\n# TYPE " + name;
        text += f->type == 'c' ? " counter\n" : f->type == 'g' ? " gauge\n" : " histogram\n";
        for (const auto& [at, c] : f->counters)
            text += name + in_braces(at) + " " + std::to_string(c->value()) + "\n";
        for (const auto& [at, g] : f->gauges) text += name + in_braces(at) + " " + number_text(g->value()) + "\n";
        for (const auto& [at, h] : f->histograms) {
            const auto counts = h->up_to();
            for (std::size_t i = 0; i < counts.size(); ++i) {
                const std::string bound = i < histogram::bounds.size() ? number_text(histogram::bounds[i]) : "+Inf";
                text += name + "_bucket" + in_braces(at + (at.empty() ? "" : ",") + "le=\"" + bound + "\"") + " " +
                        std::to_string(counts[i]) + "\n";
            }
            text += name + "_sum" + in_braces(at) + " " +
                    number_text(std::chrono::duration<double>(h->sum()).count()) + "\n";
            text += name + "_count" + in_braces(at) + " " + std::to_string(counts.back()) + "\n";
        }
    }
    return text;
}

registry& unread() {
    static registry nobodys;
    return nobodys;
}

}  // namespace latchkey::metrics
