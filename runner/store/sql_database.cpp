// SPDX-License-Identifier: Apache-2.0
// Readers take the writer while it is idle. Group commit: whoever finds the writer free writes for all who wait, each
// in a savepoint, with one commit.
#include "runner/store/sql_database.hpp"

namespace latchkey::store {
namespace {

// One part of several: undone alone when it is not to be kept. Throws sql_error when even that is not possible.
template <class Pending>
void write_in_savepoint(sql_connection& in, Pending& part) {
    in.exec("SAVEPOINT part");
    bool keep = false;
    try {
        keep = part.body(in);
    } catch (const sql_error& error) {
        part.failed = error.why;
    } catch (...) {
        part.thrown = std::current_exception();
    }
    if (!keep) in.exec("ROLLBACK TO SAVEPOINT part");
    in.exec("RELEASE SAVEPOINT part");
}

}  // namespace

sql_database::sql_database(std::unique_ptr<sql_connection> writer, connector connect_writer, connector connect_reader,
                           observer after_transaction)
    : writer_(std::move(writer)),
      connect_writer_(std::move(connect_writer)),
      connect_reader_(std::move(connect_reader)),
      after_transaction_(std::move(after_transaction)) {}

sql_database::reader_lease::reader_lease(sql_database& database)
    : owner(database), writer(database.writing_, std::try_to_lock) {
    if (writer.owns_lock() && owner.writer_ && !owner.writer_->lost()) {
        try {
            owner.writer_->begin_read();
            connection = owner.writer_.get();
            return;
        } catch (const sql_error&) {
            if (!owner.writer_->lost()) throw;
        }
    }
    if (writer.owns_lock()) writer.unlock();
    own = owner.take_reader();
    connection = own.get();
}

sql_database::reader_lease::~reader_lease() {
    if (own) owner.give_back(std::move(own));
}

std::unique_ptr<sql_connection> sql_database::take_idle() {
    const std::lock_guard alone(idle_guard_);
    if (idle_.empty()) return nullptr;
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
}

std::unique_ptr<sql_connection> sql_database::take_reader() {
    while (auto reader = take_idle()) {
        try {
            reader->begin_read();
            return reader;
        } catch (const sql_error&) {
            if (!reader->lost()) throw;
        }
    }
    auto made = connect_reader_();
    made->begin_read();
    return made;
}

void sql_database::give_back(std::unique_ptr<sql_connection> reader) {
    if (reader->lost()) return;
    const std::lock_guard alone(idle_guard_);
    idle_.push_back(std::move(reader));
}

namespace {
// The innermost of this thread; others of it may be of other databases.
thread_local sql_database::moment* innermost = nullptr;
}  // namespace

sql_database::moment::moment(sql_database& of) : of_(of), outer_(innermost) {
    innermost = this;
}

sql_database::moment::~moment() {
    close();
    innermost = outer_;
}

// A connection of its own, never the writer: nobody waits for a moment to end.
sql_connection& sql_database::moment::open() {
    if (!connection_) connection_ = of_.take_reader();
    return *connection_;
}

void sql_database::moment::close() noexcept {
    if (!connection_) return;
    connection_->rollback();
    of_.give_back(std::move(connection_));
}

sql_database::moment* sql_database::this_threads_moment() {
    for (moment* m = innermost; m != nullptr; m = m->outer_)
        if (&m->of_ == this) return m;
    return nullptr;
}

void sql_database::commit_together(pending_write& mine) {
    std::unique_lock lock(waiting_guard_);
    waiting_.push_back(&mine);
    batch_done_.wait(lock, [&] { return mine.done || !batch_runs_; });
    if (mine.done) return;
    std::vector<pending_write*> batch;
    batch.swap(waiting_);
    batch_runs_ = true;
    lock.unlock();
    write_batch(batch);
    lock.lock();
    for (auto* part : batch) part->done = true;
    batch_runs_ = false;
    // Under the lock: a waiter may destroy its part as soon as it sees it done.
    batch_done_.notify_all();
}

void sql_database::begin_writing() {
    if (writer_ && !writer_->lost()) {
        try {
            return writer_->begin_write();
        } catch (const sql_error&) {
            if (!writer_->lost()) throw;
        }
    }
    // The lost one first: what it alone may do, its session may hold still.
    writer_.reset();
    writer_ = connect_writer_();
    writer_->begin_write();
}

void sql_database::write_batch(const std::vector<pending_write*>& batch) {
    const std::lock_guard alone(writing_);
    try {
        begin_writing();
        bool keep = true;
        if (batch.size() == 1) {
            keep = batch.front()->body(*writer_);
        } else {
            for (auto* part : batch) write_in_savepoint(*writer_, *part);
        }
        if (keep) {
            writer_->commit();
        } else {
            writer_->rollback();
        }
    } catch (const sql_error& error) {
        if (writer_) writer_->rollback();
        // Nothing of the batch was kept, whatever its parts believe.
        for (auto* part : batch) {
            if (!part->thrown) part->failed = error.why;
        }
    } catch (...) {
        if (writer_) writer_->rollback();
        for (auto* part : batch) part->thrown = std::current_exception();
    }
}

}  // namespace latchkey::store
