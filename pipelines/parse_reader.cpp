// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::pipelines {

namespace {

// More than a person reads; a hostile file must not make us hold millions.
constexpr std::size_t most_problems = 1'000;

std::string name_of_kind(const yaml::node& node) {
    switch (node.kind) {
        case yaml::kind::null:
            return "nothing";
        case yaml::kind::scalar:
            return "a text";
        case yaml::kind::sequence:
            return "a list";
        case yaml::kind::map:
            return "a map";
    }
    return {};
}

bool same_word(std::string_view a, std::string_view upper_case) {
    return std::ranges::equal(a, upper_case, [](char x, char y) {
        return (x >= 'a' && x <= 'z' ? static_cast<char>(x - 'a' + 'A') : x) == y;
    });
}

// The command as the author wrote it, as a quoted list item: what to write instead.
std::string quoted_item(std::string_view text, span where) {
    constexpr std::size_t longest = 256;
    std::string_view command = text.substr(where.begin, longest);
    command = command.substr(0, command.find_first_of("\r\n"));
    while (command.ends_with(' ')) command.remove_suffix(1);
    std::string out = "- '";
    for (const char c : command) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + '\'';
}

}  // namespace

bool value_reader::full() const {
    return problems_.size() >= most_problems;
}

void value_reader::add(diagnostic problem) {
    // The first error always has its place: whether there is one decides everything.
    const bool first_error = problem.severity == severity::error && !failed_;
    failed_ = failed_ || first_error;
    if (!full() || first_error) problems_.push_back(std::move(problem));
}

void value_reader::error(const char* code, span where, std::string message, std::string help) {
    add({severity::error, code, where, std::move(message), std::move(help)});
}

void value_reader::warning(const char* code, span where, std::string message, std::string help) {
    add({severity::warning, code, where, std::move(message), std::move(help)});
}

void value_reader::unknown_key(key_scope scope, const yaml::entry& entry) {
    if (full()) return;
    const auto known = known_keys(scope);
    const std::string_view near = nearest(entry.key, {known.begin(), known.end()});
    warning("P012", entry.key_where, "unknown key " + in_backticks(entry.key),
            near.empty() ? "it is ignored" : "did you mean `" + std::string(near) + "`?");
}

void value_reader::check_keys(key_scope scope, std::vector<yaml::entry>& entries) {
    for (yaml::entry& entry : entries) {
        if (is_known_key(scope, entry.key)) continue;
        const std::string_view meant = meant_key(scope, entry.key);
        if (meant.empty() || std::ranges::any_of(entries, [&](const yaml::entry& e) { return e.key == meant; })) {
            unknown_key(scope, entry);
            continue;
        }
        warning("P033", entry.key_where, in_backticks(entry.key) + " is read as `" + std::string(meant) + "`",
                "write `" + std::string(meant) + "`");
        entry.key = meant;
    }
}

void value_reader::wrong_kind(std::string_view key, const yaml::node& node, std::string_view expected,
                              std::string help) {
    error("P029", node.where,
          in_backticks(key) + " has to be " + std::string(expected) + ", not " + name_of_kind(node), std::move(help));
}

std::optional<text> value_reader::text_of(std::string_view key, yaml::node& node) {
    if (node.kind == yaml::kind::scalar) return text{std::move(node.text), node.where};
    if (node.kind == yaml::kind::null) return text{{}, node.where};
    wrong_kind(key, node, "a text", "write one value; put it in quotes if it holds `: `, `[` or `{`");
    return std::nullopt;
}

std::string value_reader::string_of(std::string_view key, yaml::node& node) {
    std::optional<text> read = text_of(key, node);
    return read ? std::move(read->value) : std::string();
}

std::vector<text> value_reader::texts_of(std::string_view key, yaml::node& node) {
    std::vector<text> out;
    if (node.kind == yaml::kind::null) return out;
    if (node.kind == yaml::kind::scalar) {
        out.push_back({std::move(node.text), node.where});
        return out;
    }
    if (node.kind == yaml::kind::map) {
        wrong_kind(key, node, "a list", "write each item on a line of its own, with `- ` before it");
        return out;
    }
    out.reserve(node.items.size());
    for (yaml::node& item : node.items) {
        if (std::optional<text> read = text_of(key, item)) out.push_back(std::move(*read));
    }
    return out;
}

std::vector<text> value_reader::commands_of(std::string_view key, yaml::node& node) {
    if (node.kind != yaml::kind::sequence) return texts_of(key, node);
    std::vector<text> out;
    out.reserve(node.items.size());
    for (yaml::node& item : node.items) {
        if (item.kind == yaml::kind::map) {
            error("P034", item.where, "YAML reads this command as a map, because of its `: `",
                  "quote the whole command: " + in_backticks(quoted_item(file_.text(), item.where)));
        } else if (std::optional<text> read = text_of(key, item)) {
            out.push_back(std::move(*read));
        }
    }
    return out;
}

bool value_reader::bool_of(std::string_view key, const yaml::node& node, bool fallback) {
    if (node.kind == yaml::kind::null) return fallback;
    if (node.kind == yaml::kind::scalar) {
        for (const std::string_view yes : {"TRUE", "YES", "ON"})
            if (same_word(node.text, yes)) return true;
        for (const std::string_view no : {"FALSE", "NO", "OFF"})
            if (same_word(node.text, no)) return false;
        error("P030", node.where, in_backticks(key) + " has to be `true` or `false`, not " + in_backticks(node.text));
        return fallback;
    }
    wrong_kind(key, node, "`true` or `false`", {});
    return fallback;
}

int value_reader::int_of(std::string_view key, const yaml::node& node, int least, int most, int fallback) {
    if (node.kind == yaml::kind::null) return fallback;
    if (node.kind != yaml::kind::scalar) {
        wrong_kind(key, node, "a number", {});
        return fallback;
    }
    int value = 0;
    const char* end = node.text.data() + node.text.size();
    const auto [stopped, problem] = std::from_chars(node.text.data(), end, value);
    if (stopped == end && problem == std::errc() && value >= least && value <= most) return value;
    error("P031", node.where,
          in_backticks(key) + " has to be a whole number from " + std::to_string(least) + " to " +
              std::to_string(most) + ", not " + in_backticks(node.text));
    return fallback;
}

std::vector<int> value_reader::ints_of(std::string_view key, const yaml::node& node, int least, int most) {
    std::vector<int> out;
    if (node.kind == yaml::kind::null) return out;
    if (node.kind != yaml::kind::sequence) {
        out.push_back(int_of(key, node, least, most, least));
        return out;
    }
    out.reserve(node.items.size());
    for (const yaml::node& item : node.items) out.push_back(int_of(key, item, least, most, least));
    return out;
}

std::optional<std::size_t> value_reader::index_of(std::string_view key, const yaml::node& node,
                                                  std::span<const std::string_view> names, severity grade) {
    if (node.kind == yaml::kind::null) return std::nullopt;
    if (node.kind != yaml::kind::scalar) {
        wrong_kind(key, node, "one of a few words", "for example `" + std::string(names.front()) + "`");
        return std::nullopt;
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (same_word(node.text, names[i])) return i;
    const std::string_view near = nearest(node.text, {names.begin(), names.end()});
    std::string help = "did you mean `" + std::string(near) + "`?";
    if (near.empty()) {
        help = "it can be ";
        for (std::size_t i = 0; i < names.size(); ++i)
            help.append(i == 0 ? "`" : i + 1 == names.size() ? " or `" : ", `").append(names[i]).append("`");
    }
    add({grade, "P032", node.where, in_backticks(key) + " can't be " + in_backticks(node.text), std::move(help)});
    return std::nullopt;
}

}  // namespace latchkey::pipelines
