// SPDX-License-Identifier: Apache-2.0
// Answers to actions that wait.
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

namespace latchkey::store {

result<void> sql_store::answer(policy::run_id run, int attempt, const answer_record& a) {
    return write([&](sql_connection& in) -> result<void> {
        const std::string named = "attempt " + std::to_string(attempt) + " of run " + to_fact(run);
        auto row = in.one<std::string>("SELECT status FROM attempts WHERE run = :run AND number = :number",
                                       run.value(), attempt);
        if (!row) return failure(errc::not_found, "there is no " + named);
        const auto status = run::status_from(std::get<0>(*row));
        if (status != run::status::waiting_for_apply && status != run::status::waiting_for_variables)
            return failure(errc::conflict, named + " does not wait for an answer");
        auto before = in.one<std::int64_t>(
            "SELECT accepted FROM answers WHERE run = :run AND attempt = :attempt AND action = :action", run.value(),
            attempt, a.action);
        if (before) return failure(errc::conflict, "somebody has answered already");
        in.exec(
            "INSERT INTO answers (run, attempt, action, accepted, actor, at, variables) "
            "VALUES (:run, :attempt, :action, :accepted, :actor, :at, :variables)",
            run.value(), attempt, a.action, a.accepted ? 1 : 0, a.actor.value(), to_stored(a.at),
            to_pairs_text(a.variables));
        if (a.secrets) put_sealed(in, answer_owner(run, attempt, a.action), a.secrets);
        facts about = {{"run", to_fact(run)},
                       {"attempt", std::to_string(attempt)},
                       {"action", std::to_string(a.action)},
                       {"accepted", a.accepted ? "yes" : "no"}};
        about.insert(about.end(), a.variables.begin(), a.variables.end());
        append_audit(in, policy::audit_kind::approval, a.actor, current_revision(in), about, a.at);
        return {};
    });
}

result<run_record> sql_store::approve_fork(policy::run_id id, policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<run_record> {
        auto known = load_run(in, id);
        if (!known) return failure(errc::not_found, "there is no run " + to_fact(id));
        if (known->source.trust != policy::source_trust::fork)
            return failure(errc::conflict, known->pipeline_name + " #" + std::to_string(known->number) +
                                               " comes from no fork: there is nothing to approve");
        in.exec("UPDATE runs SET fork_approved_by = :actor WHERE id = :id", actor.value(), id.value());
        append_audit(in, policy::audit_kind::approval, actor, next_revision(in),
                     {{"run", to_fact(id)}, {"fork", "yes"}}, at);
        known->source.fork_approved_by = actor;
        return std::move(*known);
    });
}

result<std::optional<answer_record>> sql_store::answer_of(policy::run_id run, int attempt, int action) {
    return read([&](sql_connection& in) -> result<std::optional<answer_record>> {
        auto row = in.one<std::int64_t, std::int64_t, std::int64_t, std::string>(
            "SELECT accepted, actor, at, variables FROM answers "
            "WHERE run = :run AND attempt = :attempt AND action = :action",
            run.value(), attempt, action);
        if (!row) return std::optional<answer_record>();
        auto& [accepted, actor, at, variables] = *row;
        auto pairs = from_pairs_text(variables);
        if (!pairs) return failure(errc::corrupt, "an answer in the store is damaged: restore it from a backup");
        return std::optional(answer_record{action, accepted != 0, policy::user_id(actor), from_stored(at),
                                           std::move(*pairs), load_sealed(in, answer_owner(run, attempt, action))});
    });
}

}  // namespace latchkey::store
