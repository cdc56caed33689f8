// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_connection.hpp"

#include "runner/store/text_form.hpp"

#include <soci/soci.h>

#include <deque>
#include <unordered_map>

namespace latchkey::store {
namespace {

constexpr std::size_t most_kept = 64UL * 1024;

}  // namespace

struct sql_connection::prepared {
    explicit prepared(soci::session& session) : statement(session) {}

    soci::statement statement;
    // Bound by address: deques never move what they hold.
    std::deque<long long> in_numbers, out_numbers;
    std::deque<std::string> in_texts, out_texts;
    std::deque<soci::indicator> in_states, out_states;
    std::vector<std::pair<long long*, std::string*>> in_places, out_places;
    std::vector<bool> in_is_text;

    void bind(std::string_view sql, std::span<const sql_input> in, std::span<const sql_type> out) {
        for (const auto& value : in) {
            auto& state = in_states.emplace_back(soci::i_ok);
            const bool is_text = std::holds_alternative<std::string_view>(value);
            in_is_text.push_back(is_text);
            if (is_text) {
                auto& text = in_texts.emplace_back();
                in_places.emplace_back(nullptr, &text);
                statement.exchange(soci::use(text, state));
            } else {
                auto& number = in_numbers.emplace_back();
                in_places.emplace_back(&number, nullptr);
                statement.exchange(soci::use(number, state));
            }
        }
        for (const auto type : out) {
            auto& state = out_states.emplace_back(soci::i_ok);
            if (type == sql_type::text) {
                auto& text = out_texts.emplace_back();
                out_places.emplace_back(nullptr, &text);
                statement.exchange(soci::into(text, state));
            } else {
                auto& number = out_numbers.emplace_back();
                out_places.emplace_back(&number, nullptr);
                statement.exchange(soci::into(number, state));
            }
        }
        statement.alloc();
        statement.prepare(std::string(sql));
        statement.define_and_bind();
    }

    void put(std::span<const sql_input> in, bool plain) {
        for (std::size_t i = 0; i < in.size(); ++i) {
            in_states[i] = std::holds_alternative<std::monostate>(in[i]) ? soci::i_null : soci::i_ok;
            if (const auto* text = std::get_if<std::string_view>(&in[i])) {
                if (plain) {
                    *in_places[i].second = to_plain_text(*text);
                } else {
                    *in_places[i].second = *text;
                }
            } else if (const auto* number = std::get_if<std::int64_t>(&in[i])) {
                *in_places[i].first = *number;
            }
        }
    }

    // Bytes of text.
    std::size_t held() const {
        std::size_t bytes = 0;
        for (const auto* texts : {&in_texts, &out_texts})
            for (const std::string& text : *texts) bytes += text.capacity();
        return bytes;
    }

    void take(std::vector<sql_value>& cells, bool plain) {
        for (std::size_t i = 0; i < out_places.size(); ++i) {
            if (out_states[i] == soci::i_null) {
                cells.emplace_back();
            } else if (out_places[i].second) {
                cells.emplace_back(plain ? from_plain_text(*out_places[i].second) : *out_places[i].second);
            } else {
                cells.emplace_back(std::int64_t{*out_places[i].first});
            }
        }
    }
};

struct sql_connection::statements {
    std::unordered_map<std::string_view, std::unique_ptr<prepared>> kept;
};

sql_connection::sql_connection(std::unique_ptr<soci::session> session, sql_manner manner,
                               std::function<void(std::string_view)> before_statement)
    : session_(std::move(session)),
      manner_(manner),
      before_statement_(std::move(before_statement)),
      statements_(std::make_unique<statements>()) {}

sql_connection::~sql_connection() = default;

void sql_connection::begin_read() {
    run(manner_.begin_read, {}, {}, nullptr);
}
void sql_connection::begin_write() {
    run(manner_.begin_write, {}, {}, nullptr);
    if (!manner_.wait_for_turn.empty()) run(manner_.wait_for_turn, {}, {}, nullptr);
}
void sql_connection::commit() {
    run("COMMIT", {}, {}, nullptr);
}

void sql_connection::rollback() noexcept {
    try {
        session_->rollback();
    } catch (const std::exception&) {
        // Nothing was open, or the connection is unusable: then the next transaction fails, and nothing was written.
        return;
    }
}

void sql_connection::script(std::string_view sql) {
    try {
        if (before_statement_) before_statement_(sql);
        *session_ << std::string(sql);
    } catch (...) {
        rethrow_as_sql_error();
    }
}

std::int64_t sql_connection::run(std::string_view sql, std::span<const sql_input> in, std::span<const sql_type> out,
                                 std::vector<sql_value>* cells) {
    try {
        if (before_statement_) before_statement_(sql);
        auto& kept = statements_->kept[sql];
        if (!kept) {
            kept = std::make_unique<prepared>(*session_);
            kept->bind(sql, in, out);
        }
        kept->put(in, manner_.plain_text);
        std::int64_t changed = 0;
        if (!cells) {
            kept->statement.execute(true);
            changed = kept->statement.get_affected_rows();
        } else {
            for (bool more = kept->statement.execute(true); more; more = kept->statement.fetch())
                kept->take(*cells, manner_.plain_text);
        }
        // A prepared statement keeps copies of its values: of a long text (a whole pipeline file) they are not kept.
        if (kept->held() > most_kept) statements_->kept.erase(sql);
        return changed;
    } catch (...) {
        statements_->kept.erase(sql);
        rethrow_as_sql_error();
    }
}

void sql_connection::rethrow_as_sql_error() {
    throw sql_error{manner_.explain(lost_)};
}

}  // namespace latchkey::store
