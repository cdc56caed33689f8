// SPDX-License-Identifier: Apache-2.0
#include "runner/client/event_parser.hpp"

namespace latchkey::client {

event_parser::outcome event_parser::take(std::string_view bytes,
                                         const std::function<bool(const server_event&)>& on_event) {
    while (!bytes.empty() && state_ == outcome::more) {
        if (after_return_ && bytes.front() == '\n') bytes.remove_prefix(1);  // CR LF is one end of a line
        after_return_ = false;
        const std::size_t end = bytes.find_first_of("\r\n");
        const std::string_view piece = bytes.substr(0, end);
        if (line_.size() + piece.size() > longest_line) {
            state_ = outcome::too_long;
            break;
        }
        line_ += piece;
        if (end == std::string_view::npos) break;
        after_return_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        if (!end_line(on_event) && state_ == outcome::more) state_ = outcome::stopped;
    }
    return state_;
}

bool event_parser::end_line(const std::function<bool(const server_event&)>& on_event) {
    std::string_view line = line_;
    if (at_start_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    at_start_ = false;
    if (!line.empty()) {
        take_field(line);
        line_.clear();
        return state_ == outcome::more;
    }
    // A blank line: what was said until here is an event, if it says anything.
    server_event e{id_, name_.empty() ? "message" : name_, data_};
    const bool told = has_data_;
    name_.clear();
    data_.clear();
    has_data_ = false;
    return !told || on_event(e);
}

void event_parser::take_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == 0) return;  // a comment
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
        if (data_.size() + value.size() > largest_event) {
            state_ = outcome::too_long;
            return;
        }
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    } else if (field == "event") {
        name_ = value;
    } else if (field == "id") {
        // It goes into a header when the stream is taken up again.
        if (value.size() <= 200 && value.find('\0') == std::string_view::npos) id_ = value;
    }
}

}  // namespace latchkey::client
