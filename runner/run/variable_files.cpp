// SPDX-License-Identifier: Apache-2.0
#include "runner/run/variable_files.hpp"

#include "runner/vault/base64.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace latchkey::run {

namespace {

bool is_file(const pipelines::environment_entry& e) {
    return e.definition != nullptr && e.definition->type != pipelines::variable_type::var &&
           e.definition->in_container;
}

std::string name_of(const pipelines::variable& v) {
    std::string name = std::filesystem::path(v.file_path).filename().string();
    return name.empty() || name == "." || name == ".." ? v.key.value : name;
}

// The owner's bits of it: the file is this action's, nobody else reads it.
unsigned mode_of(const pipelines::variable& v) {
    unsigned mode = 0;
    const char* const end = v.file_chmod.data() + v.file_chmod.size();
    const auto [at, error] = std::from_chars(v.file_chmod.data(), end, mode, 8);
    return error == std::errc() && at == end && v.file_chmod.size() <= 4 ? (mode & 0700U) | 0400U : 0600U;
}

// A key without its last line end is refused by the programs that read it.
vault::secret as_key(std::string_view text) {
    std::string key;
    key.reserve(text.size() + 1);
    key.append(text);
    if (!key.ends_with('\n')) key.push_back('\n');
    return vault::secret(std::move(key));
}

}  // namespace

result<std::vector<placed_file>> files_of_variables(const pipelines::plan& plan, std::uint32_t action,
                                                    const std::map<std::string, vault::secret>& supplied) {
    // Most pipelines have none, and every action asks.
    if (std::ranges::none_of(plan.environment, is_file) &&
        std::ranges::none_of(plan.actions[action].environment, is_file))
        return std::vector<placed_file>();
    // The action's own come after the run's, and the last of a name stands.
    std::map<std::string_view, const pipelines::environment_entry*> last;
    for (const auto* environment : {&plan.environment, &plan.actions[action].environment})
        for (const pipelines::environment_entry& e : *environment) last[e.name] = &e;
    std::vector<placed_file> files;
    for (const auto& [name, entry] : last) {
        if (!is_file(*entry)) continue;
        const auto given = supplied.find(entry->name);
        const std::string_view value = given != supplied.end() ? given->second.reveal() : entry->value;
        placed_file placed;
        placed.secret = entry->secret || given != supplied.end();
        placed.file.variable = entry->name;
        placed.file.name = name_of(*entry->definition);
        placed.file.mode = mode_of(*entry->definition);
        if (entry->definition->type == pipelines::variable_type::file) {
            auto content = vault::decode_base64(value);
            if (!content)
                return failure(errc::usage, "the value of the FILE variable " + entry->name +
                                                " is not base64: `base64 -w0 < FILE` makes it");
            placed.file.content = std::move(*content);
        } else {
            placed.file.content = as_key(value);
        }
        files.push_back(std::move(placed));
    }
    return files;
}

bool has_variable_files(const pipelines::plan& plan) {
    return std::ranges::any_of(plan.environment, is_file) ||
           std::ranges::any_of(plan.actions, [](const pipelines::planned_action& a) {
               return a.may_run && std::ranges::any_of(a.environment, is_file);
           });
}

}  // namespace latchkey::run
