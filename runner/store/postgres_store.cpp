// SPDX-License-Identifier: Apache-2.0
#include "runner/store/postgres_store.hpp"

#include "runner/store/postgres_connection.hpp"
#include "runner/store/sql_stores.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

result<std::shared_ptr<sql_database>> open_database(const std::string& url, postgres_options options) {
    try {
        auto write = [url, options] {
            auto made = connect_postgres(url, options);
            if (options.alone) claim_alone(*made);
            return made;
        };
        auto read = [url, options] { return connect_postgres(url, options); };
        auto writer = write();
        migrate_postgres(*writer);
        return std::make_shared<sql_database>(std::move(writer), std::move(write), std::move(read),
                                              std::move(options.after_transaction));
    } catch (const sql_error& error) {
        return error.why;
    }
}

}  // namespace

bool is_postgres_url(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

std::string without_password(std::string_view url) {
    std::string shown(url);
    if (!is_postgres_url(url)) return shown;
    const auto host = shown.find("://");
    const auto at = shown.find('@', host + 3);
    const auto colon = shown.find(':', host + 3);
    if (at != std::string::npos && colon < at) shown.replace(colon, at - colon, ":***");
    // It may be among the parameters, too.
    if (const auto word = shown.find("password="); word != std::string::npos) {
        const auto end = std::min(shown.find('&', word), shown.size());
        shown.replace(word + 9, end - word - 9, "***");
    }
    return shown;
}

result<std::unique_ptr<store>> open_postgres(const std::string& url, postgres_options options) {
    auto database = open_database(url, std::move(options));
    if (!database) return database.error();
    return store_over(std::move(*database));
}

result<stores> open_postgres_stores(const std::string& url, postgres_options options) {
    auto database = open_database(url, std::move(options));
    if (!database) return database.error();
    return stores_over(*database);
}

}  // namespace latchkey::store
