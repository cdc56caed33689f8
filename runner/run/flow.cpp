// SPDX-License-Identifier: Apache-2.0
#include "runner/run/flow.hpp"

#include "pipelines/catalogue.hpp"

#include <algorithm>
#include <sstream>

namespace latchkey::run {

namespace {

std::string text_of(const pipelines::yaml::node* n) {
    return n == nullptr ? std::string() : n->text;
}

std::string first_of(const pipelines::action& a, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        if (std::string text = text_of(pipelines::field_of(a, key)); !text.empty()) return text;
    return {};
}

bool is_true(const pipelines::action& a, std::string_view key) {
    return text_of(pipelines::field_of(a, key)) == "true";
}

// `defaults` is one suggestion, or one choice a line.
asked_variable asked(std::string name, const std::string& defaults, bool secret) {
    asked_variable v{std::move(name), {}, {}, secret};
    std::istringstream lines(defaults);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) v.choices.push_back(line);
    if (!v.choices.empty()) v.suggestion = v.choices.front();
    if (v.choices.size() == 1) v.choices.clear();
    return v;
}

}  // namespace

bool is_flow(const pipelines::action& a) {
    const pipelines::action_type* type = a.kind.get();
    return type != nullptr && type->execution == pipelines::execution_kind::flow;
}

bool is_approval(const pipelines::action& a) {
    if (a.type.value == "WAIT_FOR_APPLY") return true;
    return a.type.value == "WAIT_FOR_VARIABLES" &&
           (pipelines::field_of(a, "permissions") != nullptr || is_true(a, "prevent_self_approval"));
}

result<question> question_of(const pipelines::action& a, const std::string& name,
                             const pipelines::variable_lookup& value_of) {
    question q;
    q.action = name;
    q.comment = pipelines::interpolate(text_of(pipelines::field_of(a, "comment")), value_of);
    q.not_by_who_started_it = is_true(a, "prevent_self_approval");
    if (a.type.value == "WAIT_FOR_APPLY") return q;
    const auto fill = [&](const std::string& text) { return pipelines::interpolate(text, value_of); };
    for (const pipelines::variable& v : a.variables) {
        asked_variable one =
            asked(v.key.value, fill(v.defaults.empty() && v.value ? v.value->value : v.defaults), v.encrypted);
        q.variables.push_back(std::move(one));
    }
    if (const std::string key = first_of(a, {"key"}); !key.empty())
        q.variables.push_back(asked(key, fill(first_of(a, {"defaults"})), is_true(a, "encrypted")));
    if (q.variables.empty())
        return failure(errc::usage, "it asks for no variable: add `variables` with a `key` each");
    return q;
}

void put_forward(question& q, const store::facts& parameters) {
    for (asked_variable& v : q.variables) {
        const auto given = std::ranges::find(parameters, v.name, &std::pair<std::string, std::string>::first);
        if (v.secret || given == parameters.end()) continue;
        if (!v.choices.empty() && std::ranges::find(v.choices, given->second) == v.choices.end()) continue;
        v.suggestion = given->second;
    }
}

result<void> complete(const question& q, answer& a) {
    if (!a.accepted) return {};
    for (const auto& [name, value] : a.variables)
        if (std::ranges::find(q.variables, name, &asked_variable::name) == q.variables.end())
            return failure(errc::usage, "\"" + q.action + "\" does not ask for " + name);
    for (const asked_variable& v : q.variables) {
        if (v.secret) {
            if (!a.secrets.contains(v.name))
                return failure(errc::usage, v.name +
                                                " is a secret: answer on the run's own terminal, or give it to the "
                                                "run with --secret-file");
            continue;
        }
        auto given = std::ranges::find(a.variables, v.name, &std::pair<std::string, std::string>::first);
        if (given == a.variables.end()) {
            if (v.suggestion.empty())
                return failure(errc::usage, "a value for " + v.name + " is missing: --var " + v.name + "=…");
            a.variables.emplace_back(v.name, v.suggestion);
            continue;
        }
        if (!v.choices.empty() && std::ranges::find(v.choices, given->second) == v.choices.end()) {
            std::string list;
            for (const std::string& choice : v.choices) list += (list.empty() ? "" : ", ") + choice;
            return failure(errc::usage, v.name + " can't be \"" + given->second + "\": choose one of " + list);
        }
    }
    return {};
}

bool may_answer(const pipelines::action& a, const store::user_record& user, bool started_it) {
    if (started_it && is_true(a, "prevent_self_approval")) return false;
    if (user.rights.role == policy::workspace_role::owner ||
        user.rights.role == policy::workspace_role::administrator)
        return true;
    const pipelines::yaml::node* permissions = pipelines::field_of(a, "permissions");
    if (permissions == nullptr) return true;
    if (const auto* users = permissions->find("users"); users != nullptr)
        if (const auto* own = users->find(user.email); own != nullptr) return own->text == "ALLOWED";
    const auto* others = permissions->find("others");
    return others == nullptr || others->text == "ALLOWED";
}

result<child_request> child_of(const pipelines::action& a, const std::string& project,
                               const pipelines::variable_lookup& plain, const pipelines::variable_lookup& any) {
    child_request c;
    c.pipeline = pipelines::interpolate(first_of(a, {"pipeline", "next_pipeline_name"}), plain);
    const std::string wanted = pipelines::interpolate(first_of(a, {"project", "next_project_name"}), plain);
    if (!wanted.empty() && wanted != project)
        return failure(errc::usage, "its pipeline is in the project \"" + wanted +
                                        "\", which is not here: this is \"" + project + "\"");
    if (c.pipeline.empty())
        return failure(errc::usage,
                       first_of(a, {"next_pipeline_id"}).empty()
                           ? "it names no pipeline: add `pipeline`"
                           : "next_pipeline_id is a number of another server: name the pipeline with `pipeline`");
    const std::string revision = first_of(a, {"revision"});
    if (revision == "SPECIFIC")
        return failure(errc::usage,
                       "it asks for a revision of its own, and there is one work tree: write `revision: INHERIT`");
    c.comment = pipelines::interpolate(first_of(a, {"comment"}), plain);
    c.wait = is_true(a, "wait");
    for (const pipelines::variable& v : a.variables) {
        if (!v.value) continue;
        if (v.encrypted)
            c.secrets.emplace(v.key.value, vault::secret(pipelines::interpolate(v.value->value, any)));
        else
            c.parameters.emplace_back(v.key.value, pipelines::interpolate(v.value->value, plain));
    }
    return c;
}

}  // namespace latchkey::run
