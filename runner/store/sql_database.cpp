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

sql_database::sql_database(std::unique_ptr<sql_connection> writer, connector connect, observer after_transaction)
    : writer_(std::move(writer)), connect_(std::move(connect)), after_transaction_(std::move(after_transaction)) {}

sql_database::reader_lease::reader_lease(sql_database& database)
    : owner(database), writer(database.writing_, std::try_to_lock) {
    if (writer.owns_lock()) {
        connection = owner.writer_.get();
        return;
    }
    {
        const std::lock_guard alone(owner.idle_guard_);
        if (!owner.idle_.empty()) {
            own = std::move(owner.idle_.back());
            owner.idle_.pop_back();
        }
    }
    if (!own) own = owner.connect_();
    connection = own.get();
}

sql_database::reader_lease::~reader_lease() {
    if (!own) return;
    const std::lock_guard alone(owner.idle_guard_);
    owner.idle_.push_back(std::move(own));
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

void sql_database::write_batch(const std::vector<pending_write*>& batch) {
    const std::lock_guard alone(writing_);
    try {
        writer_->begin_write();
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
        writer_->rollback();
        // Nothing of the batch was kept, whatever its parts believe.
        for (auto* part : batch) {
            if (!part->thrown) part->failed = error.why;
        }
    } catch (...) {
        writer_->rollback();
        for (auto* part : batch) part->thrown = std::current_exception();
    }
}

}  // namespace latchkey::store
