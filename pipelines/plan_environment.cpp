// SPDX-License-Identifier: Apache-2.0
#include "pipelines/plan_environment.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

bool defines(const std::vector<variable>& variables, std::string_view key) {
    return std::ranges::any_of(variables, [&](const variable& each) { return each.key.value == key; });
}

// A secret of one action is no other action's.
bool is_declared(const pipeline& from, std::string_view key) {
    return defines(from.variables, key) ||
           std::ranges::any_of(from.actions, [&](const action& step) { return defines(step.variables, key); });
}

}  // namespace

bool lists_foreign_variables(const action& step) {
    return step.type.value == "WAIT_FOR_VARIABLES" || step.type.value == "SET_VARIABLES" ||
           step.type.value == "RUN_NEXT_PIPELINE";
}

run_environment::run_environment(const pipeline& from, const run_context& context, diagnostics& problems)
    : context_(context) {
    for (const auto& [name, value] : context.builtins) entries_[name] = {name, value};
    for (const environment_entry& entry : context.inherited) entries_[entry.name] = entry;
    for (const variable& each : from.variables) {
        const bool known = entries_.contains(each.key.value);
        environment_entry entry = resolve(each, known, problems);
        if (each.value || entry.secret || !known) entries_[each.key.value] = std::move(entry);
    }
    for (const std::string& key : context.supplied_secrets)
        if (!is_declared(from, key)) {
            // What it is stays: one that is a file is one with the value that was given, too.
            environment_entry& entry = entries_[key];
            entry = {key, {}, true, entry.definition};
        }
    for (const auto& [name, value] : context.parameters) {
        environment_entry& entry = entries_[name];
        if (entry.secret && defines(from.variables, name)) continue;  // was reported where it is defined
        entry.secret = false;
        entry.name = name;
        entry.value = value;
    }
}

std::vector<environment_entry> run_environment::entries() const {
    std::vector<environment_entry> out;
    out.reserve(entries_.size());
    for (const auto& [name, entry] : entries_) out.push_back(entry);
    return out;
}

std::vector<environment_entry> run_environment::of(const action& step, const loop_cell& cell,
                                                   diagnostics& problems) const {
    std::vector<environment_entry> out;
    const auto put = [&](environment_entry entry) {
        const auto same = std::ranges::find(out, entry.name, &environment_entry::name);
        if (same == out.end()) {
            out.push_back(std::move(entry));
        } else {
            *same = std::move(entry);
        }
    };
    if (!lists_foreign_variables(step))
        for (const variable& each : step.variables) {
            const bool known = entries_.contains(each.key.value);
            environment_entry entry = resolve(each, known, problems);
            if (!entry.secret && (context_.parameters.contains(each.key.value) || (!each.value && known))) continue;
            put(std::move(entry));
        }
    for (const auto& [name, value] : cell) put({name, value});
    return out;
}

std::optional<std::string> run_environment::value_of(std::string_view name, const action* step) const {
    const auto general = entries_.find(name);
    const bool given = context_.parameters.contains(std::string(name));
    if (step != nullptr && !given && !lists_foreign_variables(*step)) {
        const auto own = std::ranges::find_if(
            step->variables, [&](const variable& each) { return each.key.value == name && each.value; });
        if (own != step->variables.end()) {
            if (own->encrypted || is_supplied(name)) return std::nullopt;
            return own->value->value;
        }
    }
    if (general == entries_.end() || general->second.secret) return std::nullopt;
    return general->second.value;
}

bool run_environment::is_supplied(std::string_view key) const {
    return std::ranges::find(context_.supplied_secrets, key) != context_.supplied_secrets.end();
}

environment_entry run_environment::resolve(const variable& from, bool known_elsewhere, diagnostics& problems) const {
    const std::string& key = from.key.value;
    const auto fail = [&](const char* code, std::string message, std::string help) {
        problems.push_back({severity::error, code, from.value ? from.value->where : from.key.where,
                            std::move(message), std::move(help)});
    };
    environment_entry out{key, {}, from.encrypted || is_supplied(key), &from};
    const bool has_parameter = context_.parameters.contains(key);
    if (out.secret) {
        if (has_parameter) {
            fail("P065", "the variable " + in_backticks(key) + " is encrypted and can't be given with `--var`",
                 "a command line is no place for a secret: put `" + key +
                     "=…` into a file and give that with `--secret-file`");
        } else if (!is_supplied(key) && (from.sealed || !from.value)) {
            fail("P064",
                 "the value of " + in_backticks(key) +
                     (from.sealed ? " is encrypted elsewhere and can't be opened here" : " is encrypted and missing"),
                 "put `" + key + "=…` into a file and give that with `--secret-file`");
        }
        if (from.value && !from.sealed && !is_supplied(key)) out.value = from.value->value;
        return out;
    }
    if (from.value) {
        out.value = from.value->value;
    } else if (!has_parameter && !known_elsewhere && !from.settable) {
        fail("P063", "the variable " + in_backticks(key) + " has no value",
             "add `value`, or supply it with `--var " + key + "=…`");
    }
    return out;
}

}  // namespace latchkey::pipelines
