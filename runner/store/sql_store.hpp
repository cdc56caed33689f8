// SPDX-License-Identifier: Apache-2.0
//
// The store over SQL: one method is one transaction of its database. The methods are spread by concept over
// sql_*.cpp; what they share is in sql_parts.hpp. Any thread may call. Must not know which database is below.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/store.hpp"

#include <memory>
#include <mutex>

namespace latchkey::store {

class sql_store final : public store {
public:
    explicit sql_store(std::shared_ptr<sql_database>, int decision_ids_at_once = 1);

    result<project_record> project_at(const std::string& root) override;
    result<std::vector<pipeline_record>> sync_pipelines(policy::project_id, const std::string& file,
                                                        std::span<const std::string> names,
                                                        policy::time_point) override;
    result<std::vector<pipeline_record>> add_pipelines(policy::project_id, const std::string& file,
                                                       std::span<const std::string> names) override;
    result<pipeline_record> pipeline(policy::pipeline_id) override;
    result<std::vector<pipeline_record>> pipelines(policy::project_id) override;
    result<user_record> user(policy::user_id) override;
    result<user_record> member_of(policy::project_id, policy::user_id) override;
    result<user_record> local_owner() override;
    result<void> name_user(policy::user_id, const std::string& email, const std::string& name) override;

    result<std::vector<vault::wrapped_key>> keys() override;
    result<void> add_key(const vault::wrapped_key&) override;
    result<void> replace_keys(std::span<const vault::wrapped_key>, policy::user_id actor,
                              policy::time_point) override;

    result<integration_record> add_integration(integration_record, const sealer& seal, policy::user_id actor,
                                               const pipeline_list&) override;
    result<integration_record> edit_integration(const integration_record&, policy::user_id actor,
                                                policy::time_point at, const pipeline_list&,
                                                const seen_grants&) override;
    result<void> remove_integration(policy::integration_id, policy::user_id actor, policy::time_point) override;
    result<integration_record> integration(policy::integration_id) override;
    result<integration_record> find_integration(policy::project_id, const std::string& reference) override;
    result<integration_record> find_integration_by_hash(policy::workspace_id, const std::string& hash_id) override;
    result<std::vector<integration_record>> integrations(policy::workspace_id) override;
    result<std::vector<policy::integration_id>> integration_ids(policy::workspace_id) override;
    result<std::vector<integration_names>> names_of_integrations(policy::workspace_id,
                                                                 const std::string& beginning) override;

    result<policy::grant> add_grant(policy::grant, policy::user_id actor) override;
    result<int> revoke(policy::integration_id, policy::pipeline_id, policy::user_id actor,
                       policy::time_point) override;
    result<std::vector<policy::grant>> grants(policy::integration_id) override;

    result<policy::snapshot> snapshot(policy::pipeline_id, std::span<const policy::integration_id>) override;
    result<policy::revision> revision() override;
    result<policy::decision_id> next_decision_id(int count) override;

    result<run_record> create_run(const new_run&, std::string_view definition) override;
    result<std::string> definition_of(policy::run_id) override;
    result<std::vector<type_file>> type_files_of(policy::run_id) override;
    result<int> create_attempt(const new_attempt&) override;
    result<grant_outcome> grant_and_retry(const struct grant_and_retry&) override;
    result<std::optional<int>> attempt_by_key(policy::run_id, const std::string& idempotency_key) override;
    result<void> append_events(policy::run_id, int attempt, std::span<const run::event>) override;
    result<std::vector<run::event>> events(policy::run_id, int attempt, std::int64_t after) override;
    result<run_record> run(policy::run_id) override;
    result<run_record> run_by_number(policy::project_id, std::int64_t number) override;
    result<std::vector<run_record>> runs(const run_query&) override;
    result<std::vector<run::event>> events_of_kind(policy::run_id, int attempt, run::event_kind) override;
    result<changed_runs> runs_changed(policy::workspace_id, const std::optional<policy::project_id>&,
                                      std::int64_t after, int limit) override;
    result<std::int64_t> last_change() override;
    result<std::int64_t> count_runs(policy::pipeline_id) override;
    result<std::vector<run_record>> unfinished_runs() override;
    result<std::optional<run_record>> last_success(policy::pipeline_id, const std::optional<policy::ref>&) override;

    result<void> record_decisions(std::span<const decision_record>, policy::user_id actor,
                                  policy::time_point) override;
    result<void> answer(policy::run_id, int attempt, const answer_record&) override;
    result<std::optional<answer_record>> answer_of(policy::run_id, int attempt, int action) override;
    result<void> audit(policy::audit_kind, policy::user_id actor, const facts&, policy::time_point) override;
    result<audit_head> head_of_audit() override;
    result<void> walk_audit(std::int64_t first,
                            const std::function<bool(const policy::audit_entry&)>& visit) override;
    result<run_record> approve_fork(policy::run_id, policy::user_id actor, policy::time_point) override;
    using store::audit_of;
    result<std::vector<policy::audit_entry>> audit_of(policy::workspace_id, const audit_wish&, std::int64_t before,
                                                      int limit) override;
    result<std::vector<policy::audit_entry>> audit_of(policy::integration_id, audit_part, std::int64_t before,
                                                      int limit) override;
    result<policy::time_point> integrations_audited_after() override;

private:
    result<std::vector<pipeline_record>> know_pipelines(policy::project_id, const std::string& file,
                                                        std::span<const std::string> names, policy::time_point,
                                                        bool retire);
    template <class Body>
    auto write(Body&& body) {
        return database_->write(std::forward<Body>(body));
    }
    template <class Body>
    auto read(Body&& body) {
        return database_->read(std::forward<Body>(body));
    }

    std::shared_ptr<sql_database> database_;
    const int ids_at_once_;
    std::mutex ids_guard_;
    std::int64_t next_id_ = 0;  // of a decision; those before end_of_ids_ are ours
    std::int64_t end_of_ids_ = 0;
};

}  // namespace latchkey::store
