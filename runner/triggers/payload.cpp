// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/payload.hpp"

#include "runner/source/address.hpp"

#include <algorithm>

namespace latchkey::triggers {

namespace {

constexpr std::size_t longest_text = 1000;

std::string dotted(payload::path names) {
    std::string out;
    for (const std::string_view name : names) out += (out.empty() ? "" : ".") + std::string(name);
    return out;
}

// What people are shown: one line, and whole characters where it is cut off.
std::string one_line(std::string text) {
    if (text.size() > longest_text) {
        std::size_t end = longest_text;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
        text.resize(end);
    }
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    return text;
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string unless_zero(std::string id) {
    return id.find_first_not_of('0') == std::string::npos ? std::string() : id;
}

}  // namespace

std::string_view name_of(event_kind kind) {
    switch (kind) {
        case event_kind::push:
            return "PUSH";
        case event_kind::create_ref:
            return "CREATE_REF";
        case event_kind::delete_ref:
            return "DELETE_REF";
        case event_kind::pull_request:
            break;
    }
    return "PULL_REQUEST";
}

const nlohmann::json* payload::find(path names) const {
    const nlohmann::json* at = &body_;
    for (const std::string_view name : names) {
        if (!at->is_object()) return nullptr;
        const auto next = at->find(std::string(name));
        if (next == at->end()) return nullptr;
        at = &*next;
    }
    return at->is_null() ? nullptr : at;
}

std::string payload::text(path names) const {
    const nlohmann::json* at = find(names);
    return at != nullptr && at->is_string() ? one_line(at->get<std::string>()) : std::string();
}

std::optional<std::int64_t> payload::number(path names) const {
    const nlohmann::json* at = find(names);
    if (at == nullptr || !at->is_number_integer()) return std::nullopt;
    if (at->is_number_unsigned() && at->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return std::nullopt;
    return at->get<std::int64_t>();
}

bool payload::flag(path names) const {
    const nlohmann::json* at = find(names);
    return at != nullptr && at->is_boolean() && at->get<bool>();
}

void payload::refuse(std::string why) {
    if (!wrong_) wrong_ = failure(errc::usage, std::move(why));
}

result<void> payload::checked() const {
    if (wrong_) return *wrong_;
    return {};
}

std::string payload::required(path names) {
    std::string value = text(names);
    if (value.empty()) refuse("the event has no `" + dotted(names) + "`");
    return value;
}

std::int64_t payload::positive(path names) {
    const auto value = number(names);
    if (!value || *value <= 0) refuse("the event has no `" + dotted(names) + "`");
    return value.value_or(0);
}

std::string payload::commit(path names) {
    std::string id = required(names);
    if ((id.size() != 40 && id.size() != 64) || !is_hex(id)) {
        refuse("`" + dotted(names) + "` of the event is no commit");
        return {};
    }
    return unless_zero(std::move(id));
}

std::string payload::some_commit(path names) {
    std::string id = required(names);
    if (id.size() < 7 || id.size() > 64 || !is_hex(id)) {
        refuse("`" + dotted(names) + "` of the event is no commit");
        return {};
    }
    return unless_zero(std::move(id));
}

policy::ref payload::ref(path names) {
    const std::string name = required(names);
    if (!source::is_ref_name(name)) refuse("`" + dotted(names) + "` of the event is no ref's whole name");
    return ref_named(name);
}

policy::ref ref_named(const std::string& name) {
    if (!source::is_ref_name(name)) return {};
    if (name.starts_with("refs/heads/")) return {policy::ref_type::branch, name};
    if (name.starts_with("refs/tags/")) return {policy::ref_type::tag, name};
    return {};
}

std::vector<repository_event> events_of_ref(repository_event common) {
    std::vector<repository_event> all;
    common.fork = false;
    common.fetched_as = common.ref.name;
    if (common.after.empty()) {
        common.kind = event_kind::delete_ref;
        common.fetched_as.clear();
        all.push_back(std::move(common));
        return all;
    }
    if (common.before.empty()) {
        common.kind = event_kind::create_ref;
        all.push_back(common);
    }
    common.kind = event_kind::push;
    all.push_back(std::move(common));
    return all;
}

told nothing(std::string why) {
    return {{}, std::move(why)};
}

}  // namespace latchkey::triggers
