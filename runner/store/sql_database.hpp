// SPDX-License-Identifier: Apache-2.0
//
// A database's transactions: one writer connection behind a mutex, readers with connections of their own. What wants
// to write at the same time shares a commit. A connection that turns out to be lost before a transaction has done
// anything is made anew; one that is lost in it fails it. Shared by the stores that lie in it; any thread may call.
#pragma once

#include "runner/store/sql_connection.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey::store {

class sql_database {
    struct pending_write;
    struct reader_lease;

public:
    using connector = std::function<std::unique_ptr<sql_connection>()>;  // throws sql_error
    using observer = std::function<void(bool writes, std::chrono::nanoseconds)>;
    sql_database(std::unique_ptr<sql_connection> writer, connector connect_writer, connector connect_reader,
                 observer after_transaction = nullptr);

    // While it is kept, what its thread reads is of one moment, in one transaction, which begins with the first read
    // and anew after a write of that thread. Kept on the thread that asked for it, the last one first.
    class moment {
    public:
        explicit moment(sql_database&);
        ~moment();
        moment(const moment&) = delete;
        moment& operator=(const moment&) = delete;

    private:
        friend class sql_database;
        sql_connection& open();
        void close() noexcept;
        sql_database& of_;
        moment* const outer_;
        std::unique_ptr<sql_connection> connection_;
    };

    // Kept if `body` succeeds, undone if it fails or throws. Callers that wait at the same time share one commit.
    template <class Body>
    auto write(Body&& body) -> decltype(body(std::declval<sql_connection&>())) {
        if (moment* now = this_threads_moment()) now->close();
        const stopwatch watch(after_transaction_, true);
        std::optional<decltype(body(std::declval<sql_connection&>()))> outcome;
        pending_write mine;
        mine.body = [&](sql_connection& in) { return outcome.emplace(body(in)).has_value(); };
        commit_together(mine);
        if (mine.thrown) std::rethrow_exception(mine.thrown);
        if (mine.failed) return std::move(*mine.failed);
        return std::move(*outcome);
    }
    template <class Body>
    auto read(Body&& body) -> decltype(body(std::declval<sql_connection&>())) {
        const stopwatch watch(after_transaction_, false);
        if (moment* now = this_threads_moment()) return read_at(*now, body);
        try {
            const reader_lease lease(*this);
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

private:
    // One caller's part of a transaction.
    struct pending_write {
        std::function<bool(sql_connection&)> body;  // whether to keep what it did
        std::optional<failure> failed;
        std::exception_ptr thrown;
        bool done = false;
    };

    // Tells how long its life was.
    class stopwatch {
    public:
        stopwatch(const observer& tell, bool writes) : tell_(tell), writes_(writes) {
            if (tell_) began_ = std::chrono::steady_clock::now();
        }
        ~stopwatch() {
            if (tell_) tell_(writes_, std::chrono::steady_clock::now() - began_);
        }
        stopwatch(const stopwatch&) = delete;
        stopwatch& operator=(const stopwatch&) = delete;

    private:
        const observer& tell_;
        bool writes_;
        std::chrono::steady_clock::time_point began_;
    };

    void commit_together(pending_write&);
    void write_batch(const std::vector<pending_write*>&);
    void begin_writing();

    template <class Body>
    auto read_at(moment& now, Body& body) -> decltype(body(std::declval<sql_connection&>())) {
        try {
            return body(now.open());
        } catch (const sql_error& error) {
            now.close();
            return error.why;
        } catch (...) {
            now.close();
            throw;
        }
    }

    moment* this_threads_moment();
    std::unique_ptr<sql_connection> take_idle();    // none: nullptr
    std::unique_ptr<sql_connection> take_reader();  // that has begun to read
    void give_back(std::unique_ptr<sql_connection>);

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

    // Begins to read: with the writer while nobody writes (a local run needs no second connection), else with a
    // reader of the idle ones.
    struct reader_lease {
        explicit reader_lease(sql_database&);
        ~reader_lease();
        reader_lease(const reader_lease&) = delete;
        reader_lease& operator=(const reader_lease&) = delete;
        sql_database& owner;
        std::unique_lock<std::mutex> writer;
        std::unique_ptr<sql_connection> own;
        sql_connection* connection = nullptr;
    };

    std::mutex waiting_guard_;
    std::condition_variable batch_done_;
    std::vector<pending_write*> waiting_;
    bool batch_runs_ = false;

    std::mutex writing_;                      // held with the writer
    std::unique_ptr<sql_connection> writer_;  // none: it was lost, and could not be made anew yet
    connector connect_writer_;
    connector connect_reader_;
    const observer after_transaction_;
    std::mutex idle_guard_;
    std::vector<std::unique_ptr<sql_connection>> idle_;
};

}  // namespace latchkey::store
