// SPDX-License-Identifier: Apache-2.0
#include "runner/store/copy_store.hpp"

#include "runner/store/postgres_connection.hpp"
#include "runner/store/sqlite_connection.hpp"

#include <deque>
#include <ranges>

namespace latchkey::store {
namespace {

constexpr std::int64_t rows_at_once = 500;

struct table {
    std::string name;
    std::vector<sql_type> types;  // of its rows: the row's own number, then its columns
    bool numbered = false;        // its ids are given by the database
    std::string select;
    std::string insert;
    std::string clear;
};

// In the order in which the schema makes them: what is referred to comes first.
std::deque<table> tables_of(sql_connection& in) {
    std::deque<table> all;
    for (auto& [name] : in.rows<std::string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                                             "'sqlite%' AND name <> 'schema_versions' ORDER BY rowid")) {
        table t{.name = name};
        t.types.push_back(sql_type::integer);
        std::string columns;
        std::string places;
        for (const auto& [column, type, key] : in.rows<std::string, std::string, std::int64_t>(
                 "SELECT name, type, pk FROM pragma_table_info(:name) ORDER BY cid", name)) {
            const bool number = type == "INTEGER";
            t.types.push_back(number ? sql_type::integer : sql_type::text);
            t.numbered =
                t.numbered || (column == "id" && number && key == 1 && name != "audit_head" && name != "data_keys");
            columns += (columns.empty() ? "" : ", ") + column;
            places += (places.empty() ? ":" : ", :") + column;
        }
        t.select = "SELECT rowid, " + columns + " FROM " + name + " WHERE rowid > :after ORDER BY rowid LIMIT :most";
        t.insert = "INSERT INTO " + name + " (" + columns + ") VALUES (" + places + ")";
        t.clear = "DELETE FROM " + name;
        all.push_back(std::move(t));
    }
    return all;
}

std::int64_t copy_rows(sql_connection& from, sql_connection& to, const table& t) {
    std::int64_t copied = 0;
    std::int64_t last = 0;
    for (;;) {
        const sql_input page[] = {last, rows_at_once};
        const auto cells = from.cells(t.select, t.types, page);
        if (cells.empty()) return copied;
        for (std::size_t row = 0; row < cells.size(); row += t.types.size()) {
            std::vector<sql_input> values;
            for (std::size_t i = 1; i < t.types.size(); ++i) {
                const sql_value& cell = cells[row + i];
                if (const auto* text = std::get_if<std::string>(&cell)) {
                    values.emplace_back(std::string_view(*text));
                } else if (const auto* number = std::get_if<std::int64_t>(&cell)) {
                    values.emplace_back(*number);
                } else {
                    values.emplace_back();
                }
            }
            to.exec_with(t.insert, values);
            last = std::get<std::int64_t>(cells[row]);
            ++copied;
        }
    }
}

// What a store that was just made holds: counters, its owner, the machine's workspace and its permission sets.
bool holds_something(sql_connection& in) {
    const auto audited = in.one<std::int64_t>("SELECT entries FROM audit_head WHERE id = 1");
    const auto runs = in.one<std::int64_t>("SELECT COUNT(*) FROM runs");
    const auto users = in.one<std::int64_t>("SELECT COUNT(*) FROM users");
    return !audited || std::get<0>(*audited) != 0 || std::get<0>(*runs) != 0 || std::get<0>(*users) > 1;
}

// New ids go on from where the old ones ended, those of rows that are gone among them.
void go_on_counting(sql_connection& from, sql_connection& to, const table& t) {
    const auto last = from.one<std::int64_t>("SELECT seq FROM sqlite_sequence WHERE name = :name", t.name);
    if (!last || std::get<0>(*last) == 0) return;
    to.rows<std::int64_t>("SELECT setval(pg_get_serial_sequence(:name, 'id'), CAST(:last AS BIGINT))", t.name,
                          std::get<0>(*last));
}

}  // namespace

result<std::vector<std::pair<std::string, std::int64_t>>> copy_to_postgres(const std::filesystem::path& from,
                                                                           const std::string& url) {
    if (!std::filesystem::exists(from))
        return failure(errc::not_found, "there is no store at " + from.string() + ": name the file of one");
    if (auto fine = prepare_sqlite_file(from); !fine) return fine.error();
    try {
        const auto source = connect_sqlite(from, {});
        migrate_sqlite(*source, from);
        const auto target = connect_postgres(url, {});
        claim_alone(*target);
        migrate_postgres(*target);
        const auto tables = tables_of(*source);
        std::vector<std::pair<std::string, std::int64_t>> copied;
        source->begin_read();
        target->begin_write();
        try {
            if (holds_something(*target))
                throw sql_error{{errc::conflict, "the database at " + without_password(url) +
                                                     " holds a store already: name an empty one"}};
            for (const table& t : tables | std::views::reverse) target->exec_with(t.clear, {});
            for (const table& t : tables) {
                copied.emplace_back(t.name, copy_rows(*source, *target, t));
                if (t.numbered) go_on_counting(*source, *target, t);
            }
            target->commit();
        } catch (...) {
            target->rollback();
            source->rollback();
            throw;
        }
        source->rollback();
        return copied;
    } catch (const sql_error& error) {
        return error.why;
    }
}

}  // namespace latchkey::store
