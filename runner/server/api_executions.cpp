// SPDX-License-Identifier: Apache-2.0
// Executions of a pipeline (rest-api §8).
#include "runner/server/execution_input.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

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

// The action's name.
result<std::string> respond(const call& c, const store::run_record& run, const std::string& action, bool accepted,
                            input& in) {
    run::answer a;
    a.accepted = accepted;
    a.by = c.user.email;
    read_variables(in, a.variables, a.secrets);
    if (auto fine = in.checked(); !fine) return fine.error();
    return c.server.runs->runs().respond(run, action, std::move(a), c.actor());
}

result<answer> as_it_is_now(const call& c, const store::run_record& run, int status) {
    auto now = c.server.stores.runs->run(run.id);
    if (!now) return now.error();
    return shown(c, *now, status);
}

result<answer> retry(const call& c, const store::run_record& run, input& in, run::retry_request request) {
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

result<answer> started(const call& c, run_order order) {
    auto made = c.server.runs->start(std::move(order));
    if (!made) return made.error();
    if (made->ended) return failure(errc::refused, made->ended->report);
    return shown(c, made->run, 201);
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
    return started(c, std::move(*order));
}

result<answer> add_own_execution(call& c) {
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    auto order = order_from(c);
    if (!order) return order.error();
    input in(c.body);
    const auto how = in.text(origin::on_missing);
    if (how && *how != "wait" && *how != "fail") in.refuse("`on_missing_permissions` must be wait or fail");
    if (auto fine = in.checked(); !fine) return fine.error();
    // Said for this one, it wins over what the project says.
    if (how) order->origin.emplace_back(origin::on_missing, *how);
    return started(c, std::move(*order));
}

result<answer> operate_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    input in(c.body);
    const std::string operation = in.required("operation");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (operation == "RETRY") return retry(c, *run, in, {});
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
    if (operation == "APPLY" || operation == "APPLY_VARIABLES" || operation == "SET_VARIABLES") {
        auto action = action_to_answer(c, *run, in);
        if (!action) return action.error();
        auto answered = respond(c, *run, *action, true, in);
        done = answered ? result<void>() : answered.error();
    }
    if (operation == "RUN_DELAYED") done = c.server.runs->queue().run_now(run->id);
    if (!done) return done.error();
    return as_it_is_now(c, *run, 200);
}

result<answer> retry_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    input in(c.body);
    run::retry_request request;
    read_scope(in, request);
    if (auto fine = in.checked(); !fine) return fine.error();
    return retry(c, *run, in, std::move(request));
}

result<answer> answer_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    input in(c.body);
    const auto accepted = in.flag("accepted");
    const std::string action = in.text("action").value_or("");
    if (!accepted) in.refuse("`accepted` is missing: true or false");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto answered = respond(c, *run, action, *accepted, in);
    if (!answered) return answered.error();
    auto now = as_it_is_now(c, *run, 200);
    if (now) now->body["answered"] = *answered;
    return now;
}

result<answer> get_attempt(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    const auto number = c.number("attempt");
    const auto attempt =
        number ? std::ranges::find(run->attempts, *number, &store::attempt_record::number) : run->attempts.end();
    if (attempt == run->attempts.end()) return failure(errc::not_found, "the execution has no such attempt");
    // As if there were no other: what its actions did in it.
    run->attempts = {store::attempt_record(*attempt)};
    auto seen = look_at(c, *run);
    if (!seen) return seen.error();
    json v = view_of_attempt(c, run->attempts.front());
    v["url"] = execution_url(c, *run) + "/attempts/" + std::to_string(*number);
    v["html_url"] = nullptr;
    const std::string& error = seen->denial.empty() ? run->attempts.front().error : seen->denial;
    v["error_message"] = error.empty() ? json() : json(error);
    v["action_executions"] = json::array();
    for (std::size_t i = 0; i < seen->actions.size(); ++i)
        v["action_executions"].push_back(view_of_action(c, *run, *seen, i, false));
    return answer{200, std::move(v), {}};
}

}  // namespace latchkey::server
