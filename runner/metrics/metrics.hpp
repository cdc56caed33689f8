// SPDX-License-Identifier: Apache-2.0
//
// Counts of what happens, and their text for Prometheus. A metric is found once by its name and labels and then
// costs an atomic addition, wherever it is counted. Debian's client library locks for each observation and counts its
// buckets by "less than": hence our own. Owner: whoever runs the process; any thread may use all of it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::metrics {

class counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

class gauge {
public:
    void set(double v) { value_.store(v, std::memory_order_relaxed); }
    void add(double v) { value_.fetch_add(v, std::memory_order_relaxed); }
    double value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<double> value_{0};
};

// Of durations, from half a millisecond to ten seconds.
class histogram {
public:
    static constexpr std::array<double, 14> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                      0.1,    0.25,  0.5,    1,     2.5,  5,     10};
    void observe(std::chrono::nanoseconds);
    // How many were no longer than each bound; the last: all.
    std::array<std::uint64_t, bounds.size() + 1> up_to() const;
    std::chrono::nanoseconds sum() const;

private:
    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
    std::atomic<std::int64_t> sum_{0};
};

using labels = std::vector<std::pair<std::string, std::string>>;

class registry {
public:
    registry();
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // Makes it at the first call; lives as long as the registry. Names are Prometheus's: [a-z_:][a-z0-9_:]*, a
    // counter's ends in _total, a duration's in _seconds. Labels hold nothing that a user chose.
    counter& count(const std::string& name, const std::string& help, const labels& = {});
    gauge& measure(const std::string& name, const std::string& help, const labels& = {});
    // A counter of what is measured by somebody else, in fractions too.
    gauge& total(const std::string& name, const std::string& help, const labels& = {});
    histogram& time(const std::string& name, const std::string& help, const labels& = {});

    // Called before each text(), to set what is not counted as it happens, for as long as what this gives is kept;
    // not any more once that is gone. It must not ask for text(), nor for this.
    [[nodiscard]] std::shared_ptr<void> before_text(std::function<void()>);
    // In the text format 0.0.4, by name.
    std::string text() const;

private:
    struct family;
    family& find(const std::string& name, const std::string& help, char type);
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<family>, std::less<>> families_;
    mutable std::mutex calling_;  // held while they are called
    std::list<std::function<void()>> before_;
};

// For who has no other: what is counted here is read by nobody.
registry& unread();

// What this process uses: memory, descriptors, processor time, under the names that all exporters use.
// As long as what this gives is kept.
[[nodiscard]] std::shared_ptr<void> watch_process(registry&);

}  // namespace latchkey::metrics
