// SPDX-License-Identifier: Apache-2.0
#include "runner/server/definition_actions.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::server {

namespace {

namespace yaml = pipelines::yaml;

failure unreadable(const std::string& why) {
    return {errc::invalid,
            "the definition's actions can't be changed one by one: " + why + "; send it whole as `yaml`"};
}

json scalar_of(const yaml::node& n) {
    // A tag says what the text is: of `!encrypted` it is read as text, too.
    if (!n.tag.empty()) return n.tag + " " + n.text;
    if (n.quoted) return n.text;
    if (n.text == "true" || n.text == "false") return n.text == "true";
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(n.text.data(), n.text.data() + n.text.size(), number);
    // Only what is written as a number is: `010` and `1.10` stay what the author typed.
    if (error == std::errc() && end == n.text.data() + n.text.size() && std::to_string(number) == n.text)
        return number;
    return n.text;
}

json json_of(const yaml::node& n) {
    switch (n.kind) {
        case yaml::kind::null:
            return nullptr;
        case yaml::kind::scalar:
            return scalar_of(n);
        case yaml::kind::sequence: {
            json all = json::array();
            for (const yaml::node& item : n.items) all.push_back(json_of(item));
            return all;
        }
        case yaml::kind::map:
            break;
    }
    json all = json::object();
    for (const yaml::entry& e : n.entries)
        if (!all.contains(e.key)) all[e.key] = json_of(e.value);
    return all;
}

// A text of JSON is one of YAML, too.
std::string quoted(const std::string& text) {
    return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string key_text(const std::string& key) {
    const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
    return plain ? key : quoted(key);
}

std::string lines_of(const json& value, std::size_t column);

// What stands after "key:" or "-".
std::string value_text(const json& value, std::size_t column) {
    if (value.is_string()) return " " + quoted(value.get_ref<const std::string&>()) + "\n";
    if (value.is_array() && value.empty()) return " []\n";
    if (value.is_object() && value.empty()) return " {}\n";
    if (value.is_structured()) return "\n" + lines_of(value, column + 2);
    return " " + value.dump() + "\n";
}

std::string lines_of(const json& value, std::size_t column) {
    const std::string indent(column, ' ');
    std::string text;
    if (value.is_array())
        for (const json& item : value) text += indent + "-" + value_text(item, column);
    if (value.is_object())
        for (const auto& [key, item] : value.items())
            if (!item.is_null()) text += indent + key_text(key) + ":" + value_text(item, column);
    return text;
}

// The action's name first, then its type, then the rest.
std::string action_text(const json& action, std::size_t column) {
    const auto name = action.find("action");
    std::string text =
        std::string(column, ' ') + "- action:" + value_text(name == action.end() ? json("") : *name, column + 2);
    json rest = action;
    rest.erase("action");
    if (rest.contains("type")) {
        text += std::string(column + 2, ' ') + "type:" + value_text(rest["type"], column + 2);
        rest.erase("type");
    }
    return text + lines_of(rest, column + 2);
}

std::size_t line_start(std::string_view text, std::size_t at) {
    const auto before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t next_line(std::string_view text, std::size_t at) {
    const auto end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
}

// After the last line that is further in than `column`; blank lines and comments at the end are not part of it.
std::size_t end_of_item(std::string_view text, std::size_t begin, std::size_t column) {
    std::size_t end = next_line(text, begin);
    for (std::size_t at = end; at < text.size(); at = next_line(text, at)) {
        const std::string_view line = text.substr(at, next_line(text, at) - at);
        const auto first = line.find_first_not_of(" \r\n");
        if (first == std::string_view::npos) continue;
        if (first <= column) break;
        if (line[first] != '#') end = next_line(text, at);
    }
    return end;
}

}  // namespace

result<definition_actions> definition_actions::read(const std::string& name, std::string text) {
    definition_actions made;
    if (text.empty()) text = "- pipeline: " + quoted(name) + "\n  actions: []\n";
    if (!text.ends_with('\n')) text += '\n';
    const pipelines::source source("definition", text);
    made.text_ = std::string(source.text());
    pipelines::diagnostics problems;
    auto root = yaml::read(source, problems);
    if (!root || pipelines::has_errors(problems)) return failure(errc::invalid, pipelines::render(source, problems));
    if (root->kind != yaml::kind::sequence || root->items.size() != 1 || root->items[0].kind != yaml::kind::map)
        return unreadable("it is not a list of one pipeline");
    for (yaml::entry& e : root->items[0].entries) {
        if (e.key != "actions") continue;
        made.key_ = e.key_where.begin - line_start(made.text_, e.key_where.begin);
        const std::string_view before = std::string_view(made.text_).substr(e.key_where.begin - made.key_, made.key_);
        if (before.find_first_not_of(" -") != std::string_view::npos)
            return unreadable("they do not begin on a line of their own");
        made.whole_ = {e.key_where.begin, std::max<std::size_t>(e.value.where.end, e.key_where.end)};
        if (e.value.kind != yaml::kind::sequence && e.value.kind != yaml::kind::null)
            return unreadable("they are no list");
        made.items_ = std::move(e.value.items);
        if (auto found = made.find_extents(); !found) return found.error();
        return made;
    }
    return unreadable("it has none");
}

result<void> definition_actions::find_extents() {
    for (const yaml::node& item : items_) {
        if (item.kind != yaml::kind::map || item.entries.empty()) return unreadable("one of them is no map");
        const std::size_t first = item.where.begin;
        const std::size_t begin = line_start(text_, first);
        const std::string_view before = std::string_view(text_).substr(begin, first - begin);
        const auto dash = before.find_first_not_of(' ');
        if (dash == std::string_view::npos || before[dash] != '-' ||
            before.find_first_not_of(' ', dash + 1) != std::string_view::npos || (!extents_.empty() && dash != dash_))
            return unreadable("not each of them begins on a line of its own");
        dash_ = dash;
        const std::size_t last = std::max<std::size_t>(item.where.end, 1) - 1;
        const std::size_t end = std::max(end_of_item(text_, begin, dash), next_line(text_, last));
        if (!extents_.empty() && begin < extents_.back().end)
            return unreadable("not each of them begins on a line of its own");
        extents_.push_back({begin, end});
    }
    return {};
}

json definition_actions::at(std::size_t place) const {
    return json_of(items_.at(place));
}

std::string definition_actions::spliced(extent where, const std::string& with) const {
    return text_.substr(0, where.begin) + with + text_.substr(where.end);
}

std::string definition_actions::with_added(const json& action) const {
    if (!extents_.empty()) {
        const std::size_t at = extents_.back().end;
        return spliced({at, at}, action_text(action, dash_));
    }
    const std::size_t end = next_line(text_, whole_.end);
    return spliced({whole_.begin, end}, "actions:\n" + action_text(action, key_));
}

std::string definition_actions::with_replaced(std::size_t place, const json& action) const {
    return spliced(extents_.at(place), action_text(action, dash_));
}

std::string definition_actions::without(std::size_t place) const {
    if (extents_.size() > 1) return spliced(extents_.at(place), "");
    return spliced({whole_.begin, extents_.at(place).end}, "actions: []\n");
}

}  // namespace latchkey::server
