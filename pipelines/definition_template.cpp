// SPDX-License-Identifier: Apache-2.0
#include "pipelines/definition_template.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

bool names(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view name_at(std::string_view text) {
    const std::size_t end = static_cast<std::size_t>(std::ranges::find_if_not(text, names) - text.begin());
    return text.empty() || (text.front() >= '0' && text.front() <= '9') ? std::string_view() : text.substr(0, end);
}

class filler {
public:
    explicit filler(const std::map<std::string, std::string, std::less<>>& parameters) : parameters_(parameters) {}

    void line(std::string_view text) {
        if (is_left_out(text)) return;
        while (!text.empty() && !out_.too_long) {
            const std::size_t mark = std::min(text.find('!'), text.size());
            put(text.substr(0, mark));
            text.remove_prefix(mark);
            if (!text.empty()) text.remove_prefix(place(text));
        }
    }

    filled_template out() { return std::move(out_); }
    bool full() const { return out_.too_long; }

private:
    // Nothing but the name of one that was not given. A tag of YAML has its value on its line.
    bool is_left_out(std::string_view text) const {
        constexpr std::string_view blanks = " \t\r\n";
        const std::size_t begin = text.find_first_not_of(blanks);
        if (begin == std::string_view::npos || text[begin] != '!') return false;
        const std::string_view name = name_at(text.substr(begin + 1));
        const std::string_view rest = text.substr(begin + 1 + name.size());
        return !name.empty() && rest.find_first_not_of(blanks) == std::string_view::npos &&
               !parameters_.contains(name);
    }

    // What begins with a `!`; how much of the text it was.
    std::size_t place(std::string_view text) {
        const bool braced = text.size() > 1 && text[1] == '{';
        const std::string_view name = name_at(text.substr(braced ? 2 : 1));
        const std::size_t after = (braced ? 2 : 1) + name.size();
        if (name.empty()) return as_it_is(text, 1);
        const auto given = parameters_.find(name);
        if (!braced) {
            if (given == parameters_.end()) return as_it_is(text, after);
            put(given->second);
            return after;
        }
        const std::size_t end = text.find('}', after);
        const bool has_default = after < text.size() && text[after] == ':';
        if (end == std::string_view::npos || (!has_default && end != after)) return as_it_is(text, 1);
        if (given != parameters_.end())
            put(given->second);
        else if (has_default)
            put(text.substr(after + 1, end - after - 1));
        else if (std::ranges::find(out_.missing, name) == out_.missing.end())
            out_.missing.emplace_back(name);
        return end + 1;
    }

    std::size_t as_it_is(std::string_view text, std::size_t size) {
        put(text.substr(0, size));
        return size;
    }

    void put(std::string_view text) {
        const std::size_t room = longest_filled - out_.text.size();
        out_.too_long = out_.too_long || text.size() > room;
        out_.text.append(text.substr(0, room));
    }

    const std::map<std::string, std::string, std::less<>>& parameters_;
    filled_template out_;
};

}  // namespace

filled_template fill_template(std::string_view text,
                              const std::map<std::string, std::string, std::less<>>& parameters) {
    filler f(parameters);
    while (!text.empty() && !f.full()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        f.line(text.substr(0, end));
        text.remove_prefix(end);
    }
    return f.out();
}

}  // namespace latchkey::pipelines
