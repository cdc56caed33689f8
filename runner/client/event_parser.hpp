// SPDX-License-Identifier: Apache-2.0
//
// Reads server-sent events from the bytes of a stream, in whatever pieces they come, within bounds. One stream, one
// thread. Must not know where the bytes come from.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace latchkey::client {

struct server_event {
    std::string id;    // of the last event that had one, this one included
    std::string name;  // "message" where none was said
    std::string data;
};

class event_parser {
public:
    enum class outcome : unsigned char { more, stopped, too_long };

    // `on_event` false: stopped, the rest is not looked at. too_long: a line or an event is larger than any that a
    // server of ours sends; nothing is taken from then on.
    outcome take(std::string_view bytes, const std::function<bool(const server_event&)>& on_event);

    static constexpr std::size_t longest_line = 2U << 20U;
    static constexpr std::size_t largest_event = 4U << 20U;

private:
    bool end_line(const std::function<bool(const server_event&)>& on_event);
    void take_field(std::string_view line);

    std::string line_;
    std::string id_;
    std::string name_;
    std::string data_;
    bool has_data_ = false;
    bool after_return_ = false;
    bool at_start_ = true;
    outcome state_ = outcome::more;
};

}  // namespace latchkey::client
