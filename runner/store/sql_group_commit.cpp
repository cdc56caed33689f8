// SPDX-License-Identifier: Apache-2.0
// Group commit: whoever finds the writer free writes for all who wait, each in a savepoint, with one commit.
#include "runner/store/sql_store.hpp"

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

void sql_store::commit_together(pending_write& mine) {
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

void sql_store::write_batch(const std::vector<pending_write*>& batch) {
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
