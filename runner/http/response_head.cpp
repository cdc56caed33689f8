// SPDX-License-Identifier: Apache-2.0
#include "runner/http/response_head.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace latchkey::http {

namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string http_date(std::chrono::sys_seconds now) {
    constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(now - day);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  days.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                  months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

const std::string& date_line(std::chrono::sys_seconds now) {
    thread_local std::chrono::sys_seconds made_at{};
    thread_local std::string line;
    if (line.empty() || made_at != now) {
        line = "Date: " + http_date(now) + "\r\n";
        made_at = now;
    }
    return line;
}

// A header's value from the outside must not make another header.
void add_value(std::string& to, std::string_view value) {
    for (const char c : value)
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') to += c;
}

void add_number(std::string& to, std::size_t n) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
    to.append(digits.data(), end);
}

}  // namespace

std::string head_of(const response& r, framing f, std::size_t length, bool keep_alive, std::chrono::sys_seconds now) {
    std::string head;
    head.reserve(256);
    head += "HTTP/1.1 ";
    add_number(head, static_cast<std::size_t>(r.status));
    head += ' ';
    head += reason_of(r.status);
    head += "\r\n";
    head += date_line(now);
    for (const auto& [name, value] : r.headers) {
        head += name;
        head += ": ";
        add_value(head, value);
        head += "\r\n";
    }
    if (f == framing::length) {
        head += "Content-Length: ";
        add_number(head, length);
        head += "\r\n";
    } else if (f == framing::chunked) {
        head += "Transfer-Encoding: chunked\r\n";
    }
    if (!keep_alive) head += "Connection: close\r\n";
    head += "\r\n";
    return head;
}

}  // namespace latchkey::http
