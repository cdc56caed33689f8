// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_store.hpp"

#include "runner/store/migrate.hpp"
#include "runner/store/sql_access_requests.hpp"
#include "runner/store/sql_access_tokens.hpp"
#include "runner/store/sql_accounts.hpp"
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_environments.hpp"
#include "runner/store/sql_outbox.hpp"
#include "runner/store/sql_sign_ins.hpp"
#include "runner/store/sql_sign_on.hpp"
#include "runner/store/sql_signing_keys.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/sql_team_pipelines.hpp"
#include "runner/store/sql_triggers.hpp"
#include "runner/store/sql_variables.hpp"
#include "runner/store/sql_webhooks.hpp"
#include "runner/store/sqlite_connection.hpp"

#include <mutex>
#include <optional>

namespace latchkey::store {

namespace {

result<std::shared_ptr<sql_database>> open_database(const std::filesystem::path& file, sqlite_options options) {
    if (auto fine = prepare_sqlite_file(file); !fine) return fine.error();
    try {
        auto writer = connect_sqlite(file, options);
        migrate(*writer, file);
        auto observer = options.after_transaction;
        auto connect = [file, options = std::move(options)] { return connect_sqlite(file, options); };
        return std::make_shared<sql_database>(std::move(writer), std::move(connect), std::move(observer));
    } catch (const sql_error& error) {
        return error.why;
    }
}

// SQLite's own count of the changes that others than this connection have made: it looks into the memory that all
// connections of the file share. This connection never writes, so every change is one by another.
class change_count {
public:
    explicit change_count(const std::filesystem::path& file) : connection_(connect_sqlite(file, {})) {
        connection_->script("PRAGMA busy_timeout = 0");
    }

    std::optional<std::int64_t> now() {
        const std::lock_guard alone(guard_);
        try {
            const auto row = connection_->one<std::int64_t>("PRAGMA data_version");
            return row ? std::optional(std::get<0>(*row)) : std::nullopt;
        } catch (const sql_error&) {
            return std::nullopt;
        }
    }

private:
    std::mutex guard_;
    std::unique_ptr<sql_connection> connection_;
};

result<std::shared_ptr<change_count>> open_change_count(const std::filesystem::path& file) {
    try {
        return std::make_shared<change_count>(file);
    } catch (const sql_error& error) {
        return error.why;
    }
}

}  // namespace

result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, sqlite_options options) {
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    return std::unique_ptr<store>(std::make_unique<sql_store>(std::move(*database)));
}

result<stores> open_sqlite_stores(const std::filesystem::path& file, sqlite_options options) {
    const int ids_at_once = options.decision_ids_at_once;
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    auto count = open_change_count(file);
    if (!count) return count.error();
    stores all;
    all.version = [count = std::move(*count)] { return count->now(); };
    all.runs = std::make_unique<sql_store>(*database, ids_at_once);
    all.people = std::make_unique<sql_directory>(*database);
    all.pipelines = std::make_unique<sql_team_pipelines>(*database);
    all.tokens = std::make_unique<sql_access_tokens>(*database);
    all.logins = std::make_unique<sql_sign_ins>(*database);
    all.signing = std::make_unique<sql_signing_keys>(*database);
    all.values = std::make_unique<sql_variables>(*database);
    all.places = std::make_unique<sql_environments>(*database);
    all.hooks = std::make_unique<sql_webhooks>(*database);
    all.outgoing = std::make_unique<sql_outbox>(*database);
    all.persons = std::make_unique<sql_accounts>(*database);
    all.sso = std::make_unique<sql_sign_on>(*database);
    all.one_moment = [database = *database] { return std::make_shared<sql_database::moment>(*database); };
    all.triggers = std::make_unique<sql_triggers>(*database);
    all.wishes = std::make_unique<sql_access_requests>(*database);
    return all;
}

}  // namespace latchkey::store
