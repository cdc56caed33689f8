// SPDX-License-Identifier: Apache-2.0
//
// The server's own log: one line an event, as key=value or as JSON, each with time and level. Lines are written by a
// thread of its own: who logs never waits for the disk, nor does the loop. Bounded: what is too much is dropped and
// counted. Owner: who runs the server, for longer than the server; any thread may write.
#pragma once

#include "policy/model.hpp"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace latchkey::server {

enum class log_level : unsigned char { debug, info, warning, error };
std::string_view to_string(log_level);
std::optional<log_level> log_level_from(std::string_view);

class server_log {
public:
    enum class form : unsigned char { plain, json };
    struct options {
        int to = 2;  // a descriptor, which stays its owner's; less than 0: nowhere
        form as = form::plain;
        log_level least = log_level::info;
        std::function<policy::time_point()> clock;
        std::size_t most_lines = 10'000;  // that wait to be written
    };
    using facts = nlohmann::ordered_json;  // an object of texts, numbers and flags

    explicit server_log(options);
    ~server_log();  // once all is written
    server_log(const server_log&) = delete;
    server_log& operator=(const server_log&) = delete;

    bool wants(log_level l) const { return options_.to >= 0 && l >= options_.least; }
    // `what` is a word or a sentence of ours. Never give it a secret, nor an address with its query.
    void write(log_level, std::string_view what, const facts& = facts::object());
    // For who has no other: writes nothing.
    static server_log& silent();

private:
    void write_out();
    const options options_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::string> waiting_;
    std::uint64_t dropped_ = 0;
    bool ending_ = false;
    std::thread writer_;
};

// The line, with its end.
std::string log_line(server_log::form, policy::time_point, log_level, std::string_view what,
                     const server_log::facts&);

}  // namespace latchkey::server
