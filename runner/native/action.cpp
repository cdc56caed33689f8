// SPDX-License-Identifier: Apache-2.0
#include "runner/native/action.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>

namespace latchkey::native {

using nlohmann::json;

struct action::impl {
    json all;
    std::filesystem::path file;
    std::vector<integration> integrations;
    std::vector<std::pair<std::string, std::string>> variables;
    std::optional<native::registry> registry;

    const json* field(std::string_view key) const {
        const auto fields = all.find("fields");
        if (fields == all.end()) return nullptr;
        const auto at = fields->find(std::string(key));
        return at == fields->end() ? nullptr : &*at;
    }
};

namespace {

std::string text_in(const json& j) {
    return j.is_string() ? j.get<std::string>() : std::string();
}

}  // namespace

action::action(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
action::~action() = default;
action::action(action&&) noexcept = default;

result<action> action::read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    auto i = std::make_unique<impl>();
    i->all = json::parse(text.str(), nullptr, false);
    i->file = file;
    if (!in || !i->all.is_object())
        return failure(errc::invalid, "the action's file can't be read: this is run by Latchkey itself");
    for (const json& one : i->all.value("integrations", json::array())) {
        integration made{one.value("type", ""), {}};
        const json fields = one.value("fields", json::object());
        for (const auto& [key, value] : fields.items()) made.fields[key] = text_in(value);
        i->integrations.push_back(std::move(made));
    }
    if (const json r = i->all.value("registry", json()); r.is_object())
        i->registry = {r.value("server", ""), r.value("username", ""), r.value("password", "")};
    for (const json& one : i->all.value("variables", json::array()))
        if (one.is_array() && one.size() == 2) i->variables.emplace_back(text_in(one[0]), text_in(one[1]));
    return action(std::move(i));
}

std::string action::text(std::string_view key) const {
    const json* j = impl_->field(key);
    if (j == nullptr) return {};
    if (!j->is_array()) return text_in(*j);
    std::string joined;
    for (const json& item : *j) joined += (joined.empty() ? "" : "\n") + text_in(item);
    return joined;
}

bool action::flag(std::string_view key) const {
    return text(key) == "true";
}

int action::number(std::string_view key, int otherwise) const {
    const std::string written = text(key);
    int value = otherwise;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
    return error == std::errc() && end == written.data() + written.size() ? value : otherwise;
}

std::vector<std::string> action::list(std::string_view key) const {
    const json* j = impl_->field(key);
    if (j == nullptr) return {};
    if (!j->is_array()) return {text_in(*j)};
    std::vector<std::string> all;
    for (const json& item : *j) all.push_back(text_in(item));
    return all;
}

std::vector<std::map<std::string, std::string>> action::maps(std::string_view key) const {
    std::vector<std::map<std::string, std::string>> all;
    const json* j = impl_->field(key);
    if (j == nullptr || !j->is_array()) return all;
    for (const json& item : *j) {
        if (!item.is_object()) continue;
        for (auto& made = all.emplace_back(); const auto& [name, value] : item.items()) made[name] = text_in(value);
    }
    return all;
}

std::string action::script() const {
    return impl_->all.value("script", "");
}
std::filesystem::path action::repository() const {
    return impl_->all.value("repository", "");
}
std::string action::commit() const {
    return impl_->all.value("commit", "");
}
std::string action::shell() const {
    return impl_->all.value("shell", "sh");
}
std::string action::working_directory() const {
    return impl_->all.value("working_directory", "");
}

const integration* action::of(std::string_view type) const {
    const auto at = std::ranges::find(impl_->integrations, type, &integration::type);
    return at == impl_->integrations.end() ? nullptr : &*at;
}

const registry* action::registry() const {
    return impl_->registry ? &*impl_->registry : nullptr;
}

const std::vector<std::pair<std::string, std::string>>& action::variables() const {
    return impl_->variables;
}
std::string action::key(std::string_view name) const {
    if (name.starts_with("$")) name.remove_prefix(1);
    const json keys = impl_->all.value("keys", json::object());
    const auto at = keys.find(std::string(name));
    return at != keys.end() ? text_in(*at) : variable(name);
}
std::string action::variable(std::string_view name) const {
    if (name.starts_with("$")) name.remove_prefix(1);
    std::string value;
    for (const auto& [key, is] : impl_->variables)
        if (key == name) value = is;
    return value;
}
std::filesystem::path action::workspace() const {
    return impl_->all.value("workspace", "");
}
std::filesystem::path action::caches() const {
    return impl_->all.value("caches", "");
}
std::filesystem::path action::private_folder() const {
    return impl_->file.parent_path();
}

result<std::filesystem::path> in_workspace(const action& a, const std::string& path) {
    std::error_code ec;
    const auto root = std::filesystem::weakly_canonical(a.workspace(), ec);
    auto whole = std::filesystem::weakly_canonical(root / std::filesystem::path(path).relative_path(), ec);
    if (ec || std::ranges::mismatch(root, whole).in1 != root.end())
        return failure(errc::invalid, "\"" + path + "\" is not in the workspace");
    return whole;
}

}  // namespace latchkey::native
