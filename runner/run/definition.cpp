// SPDX-License-Identifier: Apache-2.0
#include "runner/run/definition.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/service.hpp"
#include "pipelines/variables.hpp"
#include "policy/explain.hpp"
#include "runner/run/changes.hpp"
#include "runner/run/container_request.hpp"
#include "runner/run/flow.hpp"
#include "runner/run/native_request.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::run {

namespace {

std::string after(std::string_view text, std::string_view prefix) {
    return std::string(text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view());
}

pipelines::run_facts facts_of(const definition& d, const compile_facts& f) {
    pipelines::run_facts r;
    if (f.number > 0) r.run_number = std::to_string(f.number);
    r.comment = f.source.comment;
    r.mode = "MANUAL";
    r.start_date = policy::format_utc(f.now);
    r.commit = f.source.commit;
    r.commit_short = f.source.commit.substr(0, 7);
    r.ref_type = name_of(f.source.ref.type);
    r.ref_name = f.source.ref.name;
    r.branch = after(f.source.ref.name, "refs/heads/");
    r.tag = after(f.source.ref.name, "refs/tags/");
    r.pipeline_id = std::to_string(f.pipeline.value());
    r.pipeline_name = d.pipeline->name.empty() ? d.pipeline->id.value : d.pipeline->name.value;
    r.target_site_url = d.pipeline->target_site_url.value;
    r.project_name = f.project.name;
    r.project_id_name = f.project.name;
    r.repo_slug = f.project.name;
    r.actor_id = std::to_string(f.actor.rights.id.value());
    r.actor_name = f.actor.name;
    r.actor_email = f.actor.email;
    tell_changes(f.source.changes, r);
    return r;
}

// A field that nothing is done with would be a promise that is not kept.
void refuse_fields_without_effect(const pipelines::action& a, pipelines::diagnostics& problems) {
    for (const pipelines::yaml::entry& field : a.fields) {
        if (std::ranges::find(a.kind->unsupported, field.key) == a.kind->unsupported.end()) continue;
        const std::string& text = field.value.text;
        if (text.empty() || text == "false" || text == "NOT_SET" || text == "NONE")
            if (field.value.items.empty() && field.value.entries.empty()) continue;
        pipelines::diagnostic d;
        d.code = "P072";
        d.where = field.key_where;
        d.message = "this version does nothing with " + pipelines::in_backticks(field.key) + " of the type " +
                    pipelines::in_backticks(a.type.value);
        d.help = "remove it, or do it with commands of your own in a BUILD action";
        if (std::ranges::find(problems, d) == problems.end()) problems.push_back(std::move(d));
    }
}

// What is encrypted elsewhere would be sent as it is written: as a password that is none.
void refuse_sealed_fields(const std::string& key, const pipelines::yaml::node& value,
                          pipelines::diagnostics& problems) {
    for (const pipelines::yaml::entry& inner : value.entries) refuse_sealed_fields(inner.key, inner.value, problems);
    for (const pipelines::yaml::node& item : value.items) refuse_sealed_fields(key, item, problems);
    if (!pipelines::is_sealed(value)) return;
    std::string name;
    for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    pipelines::diagnostic d;
    d.code = "P064";
    d.where = value.where;
    d.message = "the value of " + pipelines::in_backticks(key) + " is encrypted elsewhere and can't be opened here";
    d.help = "write `" + key + ": " + (key == "env_key" ? "KEY" : "$" + name) + "` and a variable `" +
             (key == "env_key" ? "KEY` of the type SSH_KEY" : name + "`") +
             " with `encrypted: true`, and give its value with `--secret-file`";
    if (std::ranges::find(problems, d) == problems.end()) problems.push_back(std::move(d));
}

// Before anything starts, and only for actions that may run: a disabled one may be of any type.
void refuse_types_that_cannot_run(compiled& c) {
    for (const pipelines::planned_action& p : c.plan.actions) {
        const pipelines::action_type* type = p.definition->kind.get();
        if (!p.may_run) continue;
        if (type != nullptr && type->execution != pipelines::execution_kind::unsupported) {
            refuse_fields_without_effect(*p.definition, c.problems);
            for (const pipelines::yaml::entry& field : p.definition->fields)
                refuse_sealed_fields(field.key, field.value, c.problems);
            continue;
        }
        pipelines::diagnostic d;
        d.code = "P070";
        d.where = p.definition->type.where;
        d.message = "this version can't run actions of the type " + pipelines::in_backticks(p.definition->type.value);
        d.help = "set `disabled: true` on it to run the rest of the pipeline";
        if (std::ranges::find(c.problems, d) == c.problems.end()) c.problems.push_back(std::move(d));
    }
    pipelines::sort_by_place(c.problems);
}

}  // namespace

std::string_view name_of(policy::ref_type t) {
    switch (t) {
        case policy::ref_type::branch:
            return "BRANCH";
        case policy::ref_type::tag:
            return "TAG";
        case policy::ref_type::pull_request:
            return "PULL_REQUEST";
        case policy::ref_type::none:
            break;
    }
    return "";
}

std::unique_ptr<definition> read_definition(std::string file, std::string yaml, const std::string& pipeline,
                                            std::vector<type_file> types) {
    pipelines::source source(std::move(file), std::move(yaml));
    known_types known(std::move(types));
    pipelines::parsed parsed = pipelines::parse(source, &known);
    auto d = std::make_unique<definition>(
        definition{std::move(source), std::move(parsed), nullptr, known.used(), known.problems()});
    d->pipeline = d->parsed.model.find(pipeline);
    return d;
}

result<std::unique_ptr<definition>> kept_definition(store::store& s, const store::run_record& run) {
    auto text = s.definition_of(run.id);
    if (!text) return text.error();
    auto types = s.type_files_of(run.id);
    if (!types) return types.error();
    // On a server a pipeline may be called otherwise than in its file, and be called otherwise later.
    const auto named = std::ranges::find(run.source.origin, "pipeline", &std::pair<std::string, std::string>::first);
    auto d = read_definition(run.source.file, std::move(*text),
                             named == run.source.origin.end() ? run.pipeline_name : named->second, std::move(*types));
    if (d->pipeline == nullptr)
        return failure(errc::corrupt, run.pipeline_name + " #" + std::to_string(run.number) +
                                          " can't be read any more from what the store kept of it");
    return d;
}

compiled compile(const definition& d, const compile_facts& f) {
    pipelines::run_context context;
    context.facts.now = std::chrono::floor<std::chrono::seconds>(f.now);
    context.facts.user = f.actor.email;
    context.facts.project = f.project.name;
    context.facts.successful_pipelines = f.successful_pipelines;
    tell_changes(f.source.changes, context.facts);
    for (const auto& [name, value] : f.source.parameters) context.parameters[name] = value;
    context.supplied_secrets = f.source.secret_names;
    context.inherited = f.inherited;
    for (const pipelines::environment_entry& each : f.inherited)
        if (each.secret) context.supplied_secrets.push_back(each.name);
    context.builtins = pipelines::builtins(facts_of(d, f));
    compiled c;
    c.problems = d.parsed.problems;
    c.plan = pipelines::compile(*d.pipeline, context, c.problems);
    refuse_types_that_cannot_run(c);
    c.facts = std::move(context.facts);
    return c;
}

result<void> check_executable(const pipelines::plan& plan, const std::string& backend,
                              const std::function<result<void>()>& find_engine, bool issues_tokens) {
    if (!backend.empty() && backend != "container" && backend != "host" && backend != "sandbox")
        return failure(errc::usage, "there is no backend \"" + backend + "\": there are host, sandbox and container");
    // One engine is asked for, once, whatever the images.
    std::optional<result<void>> asked;
    const auto engine = [&]() -> const result<void>& {
        if (!asked) asked = find_engine ? find_engine() : failure(errc::engine, "no container engine is known");
        return *asked;
    };
    for (const pipelines::planned_action& p : plan.actions) {
        if (!p.may_run) continue;
        if (!p.definition->id_tokens.empty() && (is_native(*p.definition) || is_flow(*p.definition)))
            return failure(errc::usage,
                           "the action \"" + p.name +
                               "\" asks for a token (id_tokens), and only a script could use it: move it to an "
                               "action with commands");
        if (!p.definition->id_tokens.empty() && !issues_tokens)
            return failure(errc::engine,
                           "the action \"" + p.name +
                               "\" asks for a token of its run (id_tokens), which only a server issues: "
                               "run it on one (latchkey login)");
        const pipelines::action_type* type = p.definition->kind.get();
        if (type != nullptr && type->needs_engine) {
            if (const auto& found = engine(); !found)
                return failure(errc::engine, "the action \"" + p.name + "\" works with images, and " +
                                                 found.error().what + ": start Docker or Podman's service");
        }
        if (backend == "host" || backend == "sandbox" || is_native(*p.definition) || is_flow(*p.definition)) continue;
        const std::string image = image_of(plan, p.index);
        if (image.empty() && backend == "container")
            return failure(errc::usage,
                           "the action \"" + p.name + "\" names no image: --backend container can't run it");
        if (image.empty() && !pipelines::services_of(*p.definition).empty())
            return failure(errc::usage, "the action \"" + p.name +
                                            "\" asks for services, which run beside a container: name an image with "
                                            "docker_image_name");
        if (image.empty()) continue;
        const auto& found = engine();
        if (found) return {};
        return failure(errc::engine,
                       "the action \"" + p.name + "\" asks for the image " + image + ", and " + found.error().what +
                           ": start Docker or Podman's service, or say --backend host to run it on this "
                           "machine, without the image");
    }
    return {};
}

}  // namespace latchkey::run
