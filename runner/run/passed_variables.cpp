// SPDX-License-Identifier: Apache-2.0
#include "runner/run/passed_variables.hpp"

#include "runner/exec/exported.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace latchkey::run {

namespace {

// Of the shell, the machine or us: another action has its own.
constexpr std::array<std::string_view, 14> never = {"PATH", "HOME",   "USER",  "LOGNAME", "SHELL", "TERM", "HOSTNAME",
                                                    "PWD",  "OLDPWD", "SHLVL", "_",       "LANG",  "TZ",   "TMPDIR"};

bool stays(std::string_view name) {
    return std::ranges::find(never, name) != never.end() ||
           (name.starts_with("BUDDY_") && !name.starts_with("BUDDY_SPLIT_")) || name.starts_with("LATCHKEY_");
}

std::size_t hash_of(std::string_view name, std::string_view value) {
    const std::hash<std::string_view> hash;
    return hash(name) * 31 + hash(value);
}

constexpr std::size_t longest_value = 64UL * 1024;

}  // namespace

void passed_variables::set_secret(const std::string& name, vault::secret value) {
    kept_.push_back(std::move(value));
    secrets_[name] = &kept_.back();
}

std::optional<std::string> passed_variables::value_of(std::string_view name) const {
    const auto at = plain_.find(name);
    return at == plain_.end() ? std::nullopt : std::optional(at->second);
}

passing::passing(const exec::request& r, const pipelines::plan& plan, std::uint32_t action,
                 std::vector<std::string> own)
    : own_(std::move(own)) {
    given_.reserve(r.machine_environment.size() + r.environment.size() + r.secrets.size());
    for (const auto* variables : {&r.machine_environment, &r.environment})
        for (const auto& [name, value] : *variables) given_.push_back(hash_of(name, value));
    for (const exec::secret_file& f : r.files) own_.push_back(f.variable);
    for (const auto& [name, value] : r.secrets) {
        given_.push_back(hash_of(name, value->reveal()));
        const auto is_it = [&n = name](const pipelines::environment_entry& e) { return e.secret && e.name == n; };
        const bool of_the_run = std::ranges::any_of(plan.environment, is_it) ||
                                std::ranges::any_of(plan.actions[action].environment, is_it);
        (of_the_run ? secrets_ : own_).push_back(name);
    }
}

std::vector<passing::changed> passing::from(const std::string& exported) const {
    if (exported.empty()) return {};
    const auto holds = [](const auto& list, const auto& one) { return std::ranges::find(list, one) != list.end(); };
    std::map<std::string, std::string> last;
    for (auto& [name, value] : exec::parse_exported(exported)) {
        if (stays(name) || value.size() > longest_value || holds(own_, name)) continue;
        // The shell's list comes last, and has the value of the beginning where a program appended another.
        if (!holds(given_, hash_of(name, value))) last[name] = std::move(value);
    }
    std::vector<changed> all;
    for (auto& [name, value] : last) all.push_back({name, std::move(value), holds(secrets_, name)});
    return all;
}

}  // namespace latchkey::run
