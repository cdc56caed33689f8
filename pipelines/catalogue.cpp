// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue.hpp"

#include "pipelines/catalogue_files.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

namespace latchkey::pipelines {

namespace {

std::string_view stem_of(const embedded_file& file) {
    return file.name.substr(0, file.name.rfind('.'));
}

// `.` sorts before every character of a name, so sorted by file name is sorted by type.
const embedded_file* file_of(std::span<const embedded_file> files, std::string_view type) {
    const auto found = std::ranges::lower_bound(files, type, {}, stem_of);
    return found == files.end() || stem_of(*found) != type ? nullptr : &*found;
}

std::vector<std::string_view> names_of(std::span<const embedded_file> files) {
    std::vector<std::string_view> names;
    names.reserve(files.size());
    for (const embedded_file& file : files) names.push_back(stem_of(file));
    return names;
}

// Each file is read once, when it is first asked for; what was read stays where it is.
template <typename Type>
class read_once {
public:
    const Type* find(const embedded_file* file, Type (*read)(const embedded_file&)) {
        if (file == nullptr) return nullptr;
        const std::lock_guard lock(mutex_);
        std::unique_ptr<const Type>& entry = types_[file->name];
        if (!entry) entry = std::make_unique<const Type>(read(*file));
        return entry.get();
    }

private:
    std::mutex mutex_;
    std::map<std::string_view, std::unique_ptr<const Type>> types_;
};

}  // namespace

std::string field_variable(std::string_view key) {
    std::string name = "FIELD_";
    for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

const integration_type* find_integration_type(std::string_view name) {
    static read_once<integration_type> known;
    return known.find(file_of(integration_files(), name), read_integration_type);
}

std::vector<std::string_view> integration_type_names() {
    return names_of(integration_files());
}

const action_type* find_action_type(std::string_view name) {
    static read_once<action_type> known;
    return known.find(file_of(action_files(), name), read_action_type);
}

std::vector<std::string_view> action_type_names() {
    return names_of(action_files());
}

}  // namespace latchkey::pipelines
