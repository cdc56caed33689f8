// SPDX-License-Identifier: Apache-2.0
//
// One connection to a database, with its prepared statements kept by their text (which must live as long as the
// connection: literals). Statements take and give whole rows, read to their end, so none is left open.
// Throws sql_error; the transactions of sql_store turn it into a failure. One thread at a time.
#pragma once

#include "runner/error.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace soci {
class session;
}

namespace latchkey::store {

struct sql_error {
    failure why;
};

// What a kind of database says where SQLite and PostgreSQL differ.
struct sql_manner {
    std::string_view begin_read;
    std::string_view begin_write;
    std::string_view wait_for_turn;  // the first statement of what writes, where begin_write does not wait; or empty
    // Called while an exception is handled: says what it is, and whether the connection is of no more use.
    failure (*explain)(bool& lost);
    bool plain_text = false;  // its text is UTF-8 without NUL: anything else is kept in another form
};

using sql_value = std::variant<std::monostate, std::int64_t, std::string>;
using sql_input = std::variant<std::monostate, std::int64_t, std::string_view>;  // read during the call only
enum class sql_type : unsigned char { integer, text };

class sql_connection {
public:
    sql_connection(std::unique_ptr<soci::session>, sql_manner,
                   std::function<void(std::string_view)> before_statement);
    ~sql_connection();
    sql_connection(const sql_connection&) = delete;
    sql_connection& operator=(const sql_connection&) = delete;

    void begin_read();
    void begin_write();
    void commit();
    void rollback() noexcept;
    // The server is gone, or has ended it: nothing can be done with it any more.
    bool lost() const { return lost_; }

    // Text that is run once and not kept: schema.
    void script(std::string_view sql);

    // A text that was just put together is gone before its statement is.
    template <std::same_as<std::string> Text, class... In>
    std::int64_t exec(Text&& sql, const In&... in) = delete;
    template <class... Out, std::same_as<std::string> Text, class... In>
    std::vector<std::tuple<Out...>> rows(Text&& sql, const In&... in) = delete;
    template <class... Out, std::same_as<std::string> Text, class... In>
    std::optional<std::tuple<Out...>> one(Text&& sql, const In&... in) = delete;

    // Returns how many rows were changed.
    template <class... In>
    std::int64_t exec(std::string_view sql, const In&... in) {
        const sql_input values[] = {value_of(in)..., std::monostate{}};
        return run(sql, {values, sizeof...(In)}, {}, nullptr);
    }

    template <class... Out, class... In>
    std::vector<std::tuple<Out...>> rows(std::string_view sql, const In&... in) {
        static constexpr sql_type types[] = {type_of<Out>()...};
        const sql_input values[] = {value_of(in)..., std::monostate{}};
        std::vector<sql_value> cells;
        run(sql, {values, sizeof...(In)}, types, &cells);
        std::vector<std::tuple<Out...>> found;
        found.reserve(cells.size() / sizeof...(Out));
        for (std::size_t at = 0; at < cells.size(); at += sizeof...(Out)) {
            std::size_t column = at;
            found.push_back(std::tuple<Out...>{take<Out>(cells[column++])...});
        }
        return found;
    }

    template <class... Out, class... In>
    std::optional<std::tuple<Out...>> one(std::string_view sql, const In&... in) {
        auto found = rows<Out...>(sql, in...);
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
    }

    // For statements that are made at run time: as many values a row as there are types, row after row.
    std::vector<sql_value> cells(std::string_view sql, std::span<const sql_type> row, std::span<const sql_input> in) {
        std::vector<sql_value> found;
        run(sql, in, row, &found);
        return found;
    }
    void exec_with(std::string_view sql, std::span<const sql_input> in) { run(sql, in, {}, nullptr); }

private:
    struct prepared;
    struct statements;

    static sql_input value_of(std::string_view text) { return text; }
    static sql_input value_of(std::int64_t number) { return number; }
    static sql_input value_of(int number) { return std::int64_t{number}; }
    static sql_input value_of(bool yes) { return std::int64_t{yes}; }
    static sql_input value_of(const std::optional<std::int64_t>& number) {
        return number ? sql_input(*number) : sql_input();
    }

    template <class T>
    static constexpr sql_type type_of() {
        return std::is_same_v<T, std::string> ? sql_type::text : sql_type::integer;
    }
    // Columns that may be null are read as optional; anywhere else null is 0 or empty.
    template <class T>
    static T take(sql_value& cell) {
        if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
            const auto* number = std::get_if<std::int64_t>(&cell);
            return number ? T(*number) : T();
        } else {
            auto* found = std::get_if<T>(&cell);
            return found ? std::move(*found) : T();
        }
    }

    std::int64_t run(std::string_view sql, std::span<const sql_input> in, std::span<const sql_type> out,
                     std::vector<sql_value>* cells);
    [[noreturn]] void rethrow_as_sql_error();

    std::unique_ptr<soci::session> session_;
    sql_manner manner_;
    bool lost_ = false;
    std::function<void(std::string_view)> before_statement_;
    std::unique_ptr<statements> statements_;  // after session_: they end first
};

}  // namespace latchkey::store
