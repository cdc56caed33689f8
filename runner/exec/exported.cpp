// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/exported.hpp"

#include <cstdint>
#include <optional>

namespace latchkey::exec {

namespace {

bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool in_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9');
}

// Reads as a shell reads one word.
class word_reader {
public:
    explicit word_reader(std::string_view text) : text_(text) {}

    bool done() const { return at_ >= text_.size(); }
    std::string_view rest() const { return text_.substr(at_); }
    void skip(std::size_t n) { at_ += n; }
    void skip_line() {
        while (!done() && text_[at_] != '\n') ++at_;
        if (!done()) ++at_;
    }
    bool take(std::string_view prefix) {
        if (!rest().starts_with(prefix)) return false;
        at_ += prefix.size();
        return true;
    }
    std::string name() {
        const std::size_t from = at_;
        if (!done() && starts_name(text_[at_]))
            while (!done() && in_name(text_[at_])) ++at_;
        return std::string(text_.substr(from, at_ - from));
    }

    // Up to the end of the word; none where a quote is not closed.
    std::optional<std::string> quoted_word() {
        std::string word;
        while (!done() && text_[at_] != '\n') {
            if (take("'")) {
                if (!until_quote(word)) return std::nullopt;
            } else if (take("$'")) {
                if (!ansi(word)) return std::nullopt;
            } else if (take("\"")) {
                if (!double_quoted(word)) return std::nullopt;
            } else if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                word.push_back(text_[at_ + 1]);
                at_ += 2;
            } else {
                word.push_back(text_[at_++]);
            }
        }
        if (!done()) ++at_;
        return word;
    }

private:
    bool until_quote(std::string& word) {
        while (!done() && text_[at_] != '\'') word.push_back(text_[at_++]);
        return take("'");
    }

    bool double_quoted(std::string& word) {
        while (!done() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size() &&
                std::string_view("$`\"\\\n").find(text_[at_ + 1]) != std::string_view::npos)
                ++at_;
            word.push_back(text_[at_++]);
        }
        return take("\"");
    }

    // bash: $'a\nb', for what has control characters in it.
    bool ansi(std::string& word) {
        while (!done() && text_[at_] != '\'') {
            if (text_[at_] != '\\' || at_ + 1 >= text_.size()) {
                word.push_back(text_[at_++]);
                continue;
            }
            const char c = text_[at_ + 1];
            at_ += 2;
            constexpr std::string_view letters = "abefnrtvE";
            constexpr std::string_view meanings = "\a\b\033\f\n\r\t\v\033";
            if (const std::size_t i = letters.find(c); i != std::string_view::npos) {
                word.push_back(meanings[i]);
            } else if (c >= '0' && c <= '7') {
                unsigned value = static_cast<unsigned>(c - '0');
                for (int digits = 1; digits < 3 && !done() && text_[at_] >= '0' && text_[at_] <= '7'; ++digits)
                    value = value * 8 + static_cast<unsigned>(text_[at_++] - '0');
                word.push_back(static_cast<char>(value));
            } else {
                word.push_back(c);
            }
        }
        return take("'");
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

bool may_set_variables(std::string_view script) {
    // An assignment, an expansion that may be anything, arithmetic; and the builtins that set without any of these.
    if (script.find_first_of("=$`") != std::string_view::npos) return true;
    for (const std::string_view word : {"((", "read", "eval", "source", ". ", "getopts", "mapfile", "for", "select",
                                        "let", "printf -v", "coproc", "wait -p"})
        if (script.find(word) != std::string_view::npos) return true;
    return false;
}

variables parse_exported(std::string_view text) {
    variables all;
    word_reader r(text.substr(0, longest_exported));
    while (!r.done()) {
        const bool by_shell = r.take("export ") || r.take("declare -x ");
        std::string name = r.name();
        if (name.empty() || !r.take("=")) {
            r.skip_line();
            continue;
        }
        if (by_shell) {
            if (auto value = r.quoted_word()) all.emplace_back(std::move(name), std::move(*value));
            continue;
        }
        const std::string_view rest = r.rest();
        const std::string_view value = rest.substr(0, rest.find('\n'));
        all.emplace_back(std::move(name), std::string(value));
        r.skip_line();
    }
    return all;
}

}  // namespace latchkey::exec
