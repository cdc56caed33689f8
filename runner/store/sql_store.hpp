// SPDX-License-Identifier: Apache-2.0
//
// The store over SQL: one writer connection behind a mutex, readers with connections of their own, one method one
// transaction. The methods are spread by concept over sql_*.cpp; what they share is in sql_parts.hpp.
// Any thread may call. Must not know which database is below.
#pragma once

#include "runner/store/sql_connection.hpp"
#include "runner/store/store.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>

namespace latchkey::store {

class sql_store final : public store {
public:
    using connector = std::function<std::unique_ptr<sql_connection>()>;  // throws sql_error
    sql_store(std::unique_ptr<sql_connection> writer, connector connect);

    result<project_record> project_at(const std::string& root) override;
    result<std::vector<pipeline_record>> sync_pipelines(policy::project_id, const std::string& file,
                                                        std::span<const std::string> names,
                                                        policy::time_point) override;
    result<std::vector<pipeline_record>> add_pipelines(policy::project_id, const std::string& file,
                                                       std::span<const std::string> names) override;
    result<pipeline_record> pipeline(policy::pipeline_id) override;
    result<std::vector<pipeline_record>> pipelines(policy::project_id) override;
    result<user_record> user(policy::user_id) override;
    result<user_record> local_owner() override;
    result<void> name_user(policy::user_id, const std::string& email, const std::string& name) override;

    result<std::vector<vault::wrapped_key>> keys() override;
    result<void> add_key(const vault::wrapped_key&) override;
    result<void> replace_keys(std::span<const vault::wrapped_key>, policy::user_id actor,
                              policy::time_point) override;

    result<integration_record> add_integration(integration_record, const sealer& seal,
                                               policy::user_id actor) override;
    result<integration_record> edit_integration(const integration_record&, policy::user_id actor,
                                                policy::time_point at) override;
    result<void> remove_integration(policy::integration_id, policy::user_id actor, policy::time_point) override;
    result<integration_record> integration(policy::integration_id) override;
    result<integration_record> find_integration(policy::project_id, const std::string& reference) override;
    result<std::vector<integration_record>> integrations() override;

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
    result<int> create_attempt(policy::run_id, policy::user_id actor, const std::string& reason, int from_action,
                               bool only_that_action, policy::time_point) override;
    result<grant_outcome> grant_and_retry(const struct grant_and_retry&) override;
    result<std::optional<int>> attempt_by_key(policy::run_id, const std::string& idempotency_key) override;
    result<void> append_events(policy::run_id, int attempt, std::span<const run::event>) override;
    result<std::vector<run::event>> events(policy::run_id, int attempt, std::int64_t after) override;
    result<run_record> run(policy::run_id) override;
    result<run_record> run_by_number(policy::project_id, std::int64_t number) override;
    result<std::vector<run_record>> runs(const run_query&) override;
    result<std::vector<run_record>> unfinished_runs() override;

    result<void> record_decisions(std::span<const decision_record>, policy::user_id actor,
                                  policy::time_point) override;
    result<void> answer(policy::run_id, int attempt, const answer_record&) override;
    result<std::optional<answer_record>> answer_of(policy::run_id, int attempt, int action) override;
    result<void> audit(policy::audit_kind, policy::user_id actor, const facts&, policy::time_point) override;
    result<audit_head> head_of_audit() override;
    result<void> walk_audit(std::int64_t first,
                            const std::function<bool(const policy::audit_entry&)>& visit) override;

private:
    result<std::vector<pipeline_record>> know_pipelines(policy::project_id, const std::string& file,
                                                        std::span<const std::string> names, policy::time_point,
                                                        bool retire);
    // One caller's part of a transaction.
    struct pending_write {
        std::function<bool(sql_connection&)> body;  // whether to keep what it did
        std::optional<failure> failed;
        std::exception_ptr thrown;
        bool done = false;
    };

    // Kept if `body` succeeds, undone if it fails or throws. Callers that wait at the same time share one commit.
    template <class Body>
    auto write(Body&& body) -> decltype(body(std::declval<sql_connection&>())) {
        std::optional<decltype(body(std::declval<sql_connection&>()))> outcome;
        pending_write mine;
        mine.body = [&](sql_connection& in) { return outcome.emplace(body(in)).has_value(); };
        commit_together(mine);
        if (mine.thrown) std::rethrow_exception(mine.thrown);
        if (mine.failed) return std::move(*mine.failed);
        return std::move(*outcome);
    }
    void commit_together(pending_write&);
    void write_batch(const std::vector<pending_write*>&);

    template <class Body>
    auto read(Body&& body) -> decltype(body(std::declval<sql_connection&>())) {
        try {
            const reader_lease lease(*this);
            lease.connection->begin_read();
            try {
                return finish(*lease.connection, body);
            } catch (...) {
                lease.connection->rollback();
                throw;
            }
        } catch (const sql_error& error) {
            return error.why;
        }
    }

    template <class Body>
    static auto finish(sql_connection& in, Body& body) -> decltype(body(in)) {
        auto outcome = body(in);
        if (outcome.has_error()) {
            in.rollback();
        } else {
            in.commit();
        }
        return outcome;
    }

    // The writer while nobody writes (a local run needs no second connection), else a reader of the idle ones.
    struct reader_lease {
        explicit reader_lease(sql_store&);
        ~reader_lease();
        reader_lease(const reader_lease&) = delete;
        reader_lease& operator=(const reader_lease&) = delete;
        sql_store& owner;
        std::unique_lock<std::mutex> writer;
        std::unique_ptr<sql_connection> own;
        sql_connection* connection = nullptr;
    };

    std::mutex waiting_guard_;
    std::condition_variable batch_done_;
    std::vector<pending_write*> waiting_;
    bool batch_runs_ = false;

    std::mutex writing_;  // held with the writer
    std::unique_ptr<sql_connection> writer_;
    connector connect_;
    std::mutex idle_guard_;
    std::vector<std::unique_ptr<sql_connection>> idle_;
};

}  // namespace latchkey::store
