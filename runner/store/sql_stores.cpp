// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_stores.hpp"

#include "runner/store/sql_access_requests.hpp"
#include "runner/store/sql_access_tokens.hpp"
#include "runner/store/sql_accounts.hpp"
#include "runner/store/sql_agents.hpp"
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_environments.hpp"
#include "runner/store/sql_moved_logs.hpp"
#include "runner/store/sql_outbox.hpp"
#include "runner/store/sql_sign_ins.hpp"
#include "runner/store/sql_sign_on.hpp"
#include "runner/store/sql_signing_keys.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/sql_team_pipelines.hpp"
#include "runner/store/sql_triggers.hpp"
#include "runner/store/sql_variables.hpp"
#include "runner/store/sql_webhooks.hpp"

namespace latchkey::store {

std::unique_ptr<store> store_over(std::shared_ptr<sql_database> database) {
    return std::make_unique<sql_store>(std::move(database));
}

stores stores_over(const std::shared_ptr<sql_database>& database, int decision_ids_at_once) {
    stores all;
    all.runs = std::make_unique<sql_store>(database, decision_ids_at_once);
    all.people = std::make_unique<sql_directory>(database);
    all.pipelines = std::make_unique<sql_team_pipelines>(database);
    all.tokens = std::make_unique<sql_access_tokens>(database);
    all.logins = std::make_unique<sql_sign_ins>(database);
    all.signing = std::make_unique<sql_signing_keys>(database);
    all.values = std::make_unique<sql_variables>(database);
    all.places = std::make_unique<sql_environments>(database);
    all.hooks = std::make_unique<sql_webhooks>(database);
    all.persons = std::make_unique<sql_accounts>(database);
    all.sso = std::make_unique<sql_sign_on>(database);
    all.machines = std::make_unique<sql_agents>(database);
    all.one_moment = [database] { return std::make_shared<sql_database::moment>(*database); };
    all.outgoing = std::make_unique<sql_outbox>(database);
    all.logs_elsewhere = std::make_unique<sql_moved_logs>(database);
    all.wishes = std::make_unique<sql_access_requests>(database);
    all.triggers = std::make_unique<sql_triggers>(database);
    return all;
}

}  // namespace latchkey::store
