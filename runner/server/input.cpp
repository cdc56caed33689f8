// SPDX-License-Identifier: Apache-2.0
#include "runner/server/input.hpp"

namespace latchkey::server {

namespace {

const json& nothing() {
    static const json none = json::object();
    return none;
}

}  // namespace

input::input(const json& object) : object_(object.is_object() ? object : nothing()) {
    if (!object.is_object() && !object.is_null()) refuse("the body must be an object");
}

const json* input::find(std::string_view name) const {
    const auto at = object_.find(std::string(name));
    return at == object_.end() || at->is_null() ? nullptr : &*at;
}

bool input::has(std::string_view name) const {
    return find(name) != nullptr;
}

void input::refuse(std::string why) {
    if (!wrong_) wrong_ = failure(errc::usage, std::move(why));
}

void input::wrong(std::string_view name, std::string_view wanted) {
    refuse("`" + std::string(name) + "` must be " + std::string(wanted));
}

std::optional<std::string> input::text(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    if (at->is_string()) return at->get<std::string>();
    wrong(name, "a text");
    return std::nullopt;
}

std::optional<bool> input::flag(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    if (at->is_boolean()) return at->get<bool>();
    wrong(name, "true or false");
    return std::nullopt;
}

std::optional<std::int64_t> input::number(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    if (at->is_number_unsigned() && at->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX))
        return at->get<std::int64_t>();
    if (at->is_number_integer() && !at->is_number_unsigned()) return at->get<std::int64_t>();
    wrong(name, "a whole number");
    return std::nullopt;
}

std::optional<std::vector<std::string>> input::texts(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    std::vector<std::string> all;
    if (at->is_array())
        for (const json& item : *at)
            if (item.is_string()) all.push_back(item.get<std::string>());
    if (at->is_array() && all.size() == at->size()) return all;
    wrong(name, "a list of texts");
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> input::numbers(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    std::vector<std::int64_t> all;
    if (at->is_array())
        for (const json& item : *at)
            if (item.is_number_integer() &&
                (!item.is_number_unsigned() || item.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)))
                all.push_back(item.get<std::int64_t>());
    if (at->is_array() && all.size() == at->size()) return all;
    wrong(name, "a list of whole numbers");
    return std::nullopt;
}

std::optional<std::vector<json>> input::objects(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    std::vector<json> all;
    if (at->is_array())
        for (const json& item : *at)
            if (item.is_object()) all.push_back(item);
    if (at->is_array() && all.size() == at->size()) return all;
    wrong(name, "a list of objects");
    return std::nullopt;
}

std::optional<json> input::object(std::string_view name) {
    const json* at = find(name);
    if (at == nullptr) return std::nullopt;
    if (at->is_object()) return *at;
    wrong(name, "an object");
    return std::nullopt;
}

std::string input::required(std::string_view name) {
    auto value = text(name);
    if (!value || value->empty()) refuse("`" + std::string(name) + "` is missing");
    return value.value_or("");
}

result<void> input::checked() const {
    if (wrong_) return *wrong_;
    return {};
}

}  // namespace latchkey::server
