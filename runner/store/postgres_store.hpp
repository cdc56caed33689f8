// SPDX-License-Identifier: Apache-2.0
//
// Opens the store kept in a PostgreSQL database, and makes its tables there when it has none. Several servers may
// have it open; the owner keeps the stores, any thread may use each. A connection that is lost is made anew for the
// next transaction; what was under way fails and says so.
#pragma once

#include "runner/store/stores.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace latchkey::store {

struct postgres_options {
    std::chrono::milliseconds busy_timeout{10'000};  // for another server's turn
    // Nobody else who says so may write: opening it fails (conflict) while another has it, and so does every change
    // where another has taken it over after this one's connection was lost.
    bool alone = false;
    // As in sqlite_options.
    std::function<void(std::string_view sql)> before_statement = nullptr;
    std::function<void(bool writes, std::chrono::nanoseconds)> after_transaction = nullptr;
};

// Of the form postgresql://…, as libpq reads it.
bool is_postgres_url(std::string_view);
// The same without its password, for messages.
std::string without_password(std::string_view url);
// corrupt: the tables are of a newer version, or not ours.
result<std::unique_ptr<store>> open_postgres(const std::string& url, postgres_options = {});
result<stores> open_postgres_stores(const std::string& url, postgres_options = {});

}  // namespace latchkey::store
