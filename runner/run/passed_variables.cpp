// SPDX-License-Identifier: Apache-2.0
#include "runner/run/passed_variables.hpp"

#include "runner/exec/exported.hpp"

#include <algorithm>
#include <array>

namespace latchkey::run {

namespace {

// Of the shell, the machine or us: another action has its own.
constexpr std::array<std::string_view, 14> never = {"PATH", "HOME",   "USER",  "LOGNAME", "SHELL", "TERM", "HOSTNAME",
                                                    "PWD",  "OLDPWD", "SHLVL", "_",       "LANG",  "TZ",   "TMPDIR"};

bool stays(std::string_view name) {
    return std::ranges::find(never, name) != never.end() || name.starts_with("BUDDY_") ||
           name.starts_with("LATCHKEY_");
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

passing::passing(const exec::request& r, const pipelines::plan& plan, std::uint32_t action) {
    for (const auto* variables : {&r.machine_environment, &r.environment})
        for (const auto& [name, value] : *variables) given_[name] = value;
    for (const exec::secret_file& f : r.files) own_.insert(f.variable);
    std::set<std::string_view> of_the_run;
    for (const auto* environment : {&plan.environment, &plan.actions[action].environment})
        for (const pipelines::environment_entry& e : *environment)
            if (e.secret) of_the_run.insert(e.name);
    for (const auto& [name, value] : r.secrets) {
        if (of_the_run.contains(name))
            secret_[name] = std::string(value->reveal());
        else
            own_.insert(name);
    }
}

std::vector<passing::changed> passing::from(const std::string& exported) const {
    std::map<std::string, std::string> last;
    for (auto& [name, value] : exec::parse_exported(exported)) {
        if (stays(name) || own_.contains(name) || value.size() > longest_value) continue;
        // The shell's list comes last, and has the value of the beginning where a program appended another.
        const auto was = given_.find(name);
        if (was != given_.end() && was->second == value) continue;
        const auto secret = secret_.find(name);
        if (secret != secret_.end() && secret->second == value) continue;
        last[name] = std::move(value);
    }
    std::vector<changed> all;
    for (auto& [name, value] : last) all.push_back({name, std::move(value), secret_.contains(name)});
    return all;
}

}  // namespace latchkey::run
