// SPDX-License-Identifier: Apache-2.0
// Executions of a pipeline (rest-api §8).
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

bool is_ref_name(const std::string& name) {
    // As git takes them, less what would be read as something else.
    return !name.empty() && name.size() <= 250 && !name.starts_with('-') && !name.starts_with('/') &&
           !name.ends_with('/') && !name.ends_with(".lock") && name.find("..") == std::string::npos &&
           name.find("@{") == std::string::npos && std::ranges::all_of(name, [](char ch) {
               const auto u = static_cast<unsigned char>(ch);
               return u > 0x20 && u != 0x7f && std::string_view("~^:?*[\\").find(ch) == std::string_view::npos;
           });
}

// "main" and "refs/heads/main" are the same branch.
policy::ref ref_in(input& in) {
    policy::ref ref;
    const auto take = [&](const char* field, policy::ref_type type, const std::string& prefix) {
        const auto object = in.object(field);
        if (!object) return;
        input inner(*object);
        std::string name = inner.text("name").value_or("");
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
        if (!is_ref_name(name)) in.refuse("`" + std::string(field) + ".name` is no name of a ref");
        if (ref.type != policy::ref_type::none) in.refuse("say one of `branch`, `tag` and `pull_request`");
        ref = {type, prefix + name};
    };
    take("branch", policy::ref_type::branch, "refs/heads/");
    take("tag", policy::ref_type::tag, "refs/tags/");
    take("pull_request", policy::ref_type::pull_request, "refs/");
    return ref;
}

void read_variables(input& in, store::facts& plain, std::map<std::string, vault::secret>& secrets) {
    const auto all = in.objects("variables");
    if (!all) return;
    for (const json& each : *all) {
        input one(each);
        const std::string key = one.required("key");
        std::string value = one.text("value").value_or("");
        const bool encrypted = one.flag("encrypted").value_or(false);
        if (const auto fine = one.checked(); !fine) in.refuse("in `variables`: " + fine.error().what);
        const bool good = !key.empty() && std::ranges::all_of(key, [](char ch) {
            return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_';
        });
        if (!good || (key.front() >= '0' && key.front() <= '9'))
            in.refuse("\"" + key + "\" can't name a variable: letters, digits and _, and no digit at its beginning");
        if (encrypted)
            secrets.insert_or_assign(key, vault::secret(std::move(value)));
        else
            plain.emplace_back(key, std::move(value));
    }
}

// What would be a promise that is not kept.
void refuse_fields_without_effect(input& in) {
    for (const char* name : {"actions_to_run", "environment", "package_version", "from_revision"})
        if (in.has(name)) in.refuse("this version does nothing with `" + std::string(name) + "`: leave it out");
}

result<run_order> order_from(const call& c) {
    input in(c.body);
    run_order order;
    order.project = *c.project;
    order.pipeline = *c.pipeline;
    order.actor = c.actor();
    order.ref = ref_in(in);
    // Whoever opens a pull request writes its files: nobody has approved them yet.
    if (order.ref.type == policy::ref_type::pull_request) order.trust = policy::source_trust::fork;
    if (const auto revision = in.object("to_revision")) {
        input inner(*revision);
        order.revision = inner.text("revision").value_or("");
    }
    order.comment = in.text("comment").value_or("");
    order.origin.emplace_back(origin::triggered_on, "CLICK");
    std::string priority = in.text("priority").value_or("");
    if (priority.empty()) priority = setting_of(c.pipeline->settings, "priority").get<std::string>();
    if (priority != "LOW" && priority != "NORMAL" && priority != "HIGH")
        in.refuse("`priority` must be LOW, NORMAL or HIGH");
    order.origin.emplace_back(origin::priority, priority);
    if (in.flag("refresh").value_or(false)) order.origin.emplace_back("refresh", "true");
    if (in.flag("clear_cache").value_or(false)) order.origin.emplace_back(origin::clear_cache, "true");
    if (const auto until = in.text("delay_until")) {
        const auto at = time_from(*until);
        if (!at) in.refuse("`delay_until` must be a time like 2026-01-02T03:04:05Z");
        if (at) order.origin.emplace_back(origin::delay_until, std::to_string(at->time_since_epoch().count()));
    }
    read_variables(in, order.parameters, order.secrets);
    refuse_fields_without_effect(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (setting_of(c.pipeline->settings, "description_required") == true && order.comment.empty())
        return failure(errc::usage, "this pipeline wants a `comment` with each run");
    if (setting_of(c.pipeline->settings, "disabled") == true) {
        const json why = setting_of(c.pipeline->settings, "disabled_reason");
        return failure(errc::conflict,
                       "the pipeline is disabled" + (why.is_string() ? ": " + why.get<std::string>() : ""));
    }
    return order;
}

result<answer> shown(const call& c, const store::run_record& run, int status) {
    auto seen = look_at(c, run);
    if (!seen) return seen.error();
    return answer{status, view(c, run, &*seen), {}};
}

// Which action an answer is for, by its number in the pipeline; empty: the one that waits.
result<std::string> action_to_answer(const call& c, const store::run_record& run, input& in) {
    const auto id = in.number("approve_action_id");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (!id) return std::string();
    auto seen = c.server.runs->runs().view(run);
    if (!seen) return seen.error();
    const auto& actions = seen->compiled.plan.actions;
    if (*id < 1 || static_cast<std::size_t>(*id) > actions.size())
        return failure(errc::not_found, "there is no such action in this execution");
    return actions[static_cast<std::size_t>(*id) - 1].name;
}

result<void> respond(const call& c, const store::run_record& run, input& in) {
    auto action = action_to_answer(c, run, in);
    if (!action) return action.error();
    run::answer a;
    a.accepted = true;
    a.by = c.user.email;
    read_variables(in, a.variables, a.secrets);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (!a.secrets.empty())
        return failure(errc::usage, "values of encrypted variables can't be answered here: they would be stored");
    auto done = c.server.runs->runs().respond(run, *action, std::move(a), c.actor());
    if (!done) return done.error();
    return {};
}

result<answer> retry(const call& c, const store::run_record& run, input& in) {
    run::retry_request request;
    request.number = run.number;
    request.project = run.project;
    request.actor = c.actor();
    store::facts unused;
    std::map<std::string, vault::secret> secrets;
    read_variables(in, unused, secrets);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (!unused.empty())
        return failure(errc::usage, "a retry runs the same again: it takes encrypted variables only");
    auto made = c.server.runs->retry(request, std::move(secrets));
    if (!made) return made.error();
    if (made->ended && made->ended->outcome == run::outcome::invalid)
        return failure(errc::refused, made->ended->report);
    return shown(c, made->run, 200);
}

}  // namespace

result<answer> list_executions(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    store::store& runs = *c.server.stores.runs;
    const auto total = runs.count_runs(c.pipeline->rights.id);
    if (!total) return total.error();
    auto found = runs.runs({std::nullopt, c.pipeline->rights.id, page->limit, page->offset});
    if (!found) return found.error();
    json items = json::array();
    for (const store::run_record& run : *found) items.push_back(view(c, run));
    const std::int64_t size = std::max(1, page->limit);
    json v = list_of(c.project_url() + "/pipelines/" + std::to_string(c.pipeline->rights.id.value()) + "/executions",
                     "executions", std::move(items));
    v["page"] = page->offset / size + 1;
    v["page_size"] = size;
    v["total_page_count"] = (*total + size - 1) / size;
    v["element_count"] = found->size();
    v["total_element_count"] = *total;
    return answer{200, std::move(v), {}};
}

result<answer> get_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    return shown(c, *run, 200);
}

result<answer> add_execution(call& c) {
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    auto order = order_from(c);
    if (!order) return order.error();
    auto made = c.server.runs->start(std::move(*order));
    if (!made) return made.error();
    if (made->ended) return failure(errc::refused, made->ended->report);
    return shown(c, made->run, 201);
}

result<answer> operate_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    input in(c.body);
    const std::string operation = in.required("operation");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (operation == "RETRY") return retry(c, *run, in);
    result<void> done = failure(errc::usage,
                                "`operation` must be RETRY, CANCEL, APPLY, APPLY_VARIABLES, "
                                "SET_VARIABLES, RUN_DELAYED or APPROVE_FORK");
    if (operation == "APPROVE_FORK") {
        // It lets a stranger's code use what the pipeline may: as a grant does.
        if (const auto why = password_needed(c)) return problem(403, *why);
        auto approved = c.server.stores.runs->approve_fork(run->id, c.actor(), c.now());
        done = approved ? result<void>() : approved.error();
    }
    if (operation == "CANCEL") done = c.server.runs->cancel(*run, c.actor());
    if (operation == "APPLY" || operation == "APPLY_VARIABLES" || operation == "SET_VARIABLES")
        done = respond(c, *run, in);
    if (operation == "RUN_DELAYED") done = c.server.runs->queue().run_now(run->id);
    if (!done) return done.error();
    auto now = c.server.stores.runs->run(run->id);
    if (!now) return now.error();
    return shown(c, *now, 200);
}

}  // namespace latchkey::server
