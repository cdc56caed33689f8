// SPDX-License-Identifier: Apache-2.0
//
// Gives text that comes in pieces as lines, without their ends. A line longer than 8 KiB is cut. Value type.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::exec {

class line_splitter {
public:
    explicit line_splitter(std::function<void(const std::string&)> take) : take_(std::move(take)) {}

    void feed(std::string_view piece) {
        for (const char c : piece) {
            if (c != '\n') line_.push_back(c);
            if (c == '\n' || line_.size() >= longest) finish();
        }
    }
    // What came after the last line's end.
    void finish() {
        if (!line_.empty() && take_) take_(line_);
        line_.clear();
    }

private:
    static constexpr std::size_t longest = 8192;
    std::function<void(const std::string&)> take_;
    std::string line_;
};

}  // namespace latchkey::exec
