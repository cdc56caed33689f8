// SPDX-License-Identifier: Apache-2.0
#include "runner/run/journal.hpp"

#include <boost/asio/post.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace latchkey::run {

namespace {

// How long the writer waits for company before it commits: a commit costs the same for one event as for many.
constexpr std::chrono::milliseconds gathering{5};
constexpr std::size_t enough = 256;

}  // namespace

struct journal::shared {
    shared(store::store& s, policy::run_id r, int a, std::int64_t last, wall_clock c, boost::asio::any_io_executor ex,
           observer o)
        : store(s),
          run(r),
          attempt(a),
          clock(std::move(c)),
          executor(std::move(ex)),
          observe(std::move(o)),
          next(last + 1),
          written(executor) {}

    store::store& store;
    policy::run_id run;
    int attempt;
    wall_clock clock;
    boost::asio::any_io_executor executor;
    observer observe;
    // Of the loop.
    std::int64_t next;
    std::int64_t durable = 0;  // observed up to here
    std::optional<failure> error;
    async::notification written;
    // Of both threads.
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<event> waiting;
    bool in_a_hurry = false;
    bool closing = false;
    std::thread writer;

    void write_all(const std::shared_ptr<shared>& self) {
        for (;;) {
            std::vector<event> batch;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [&] { return closing || !waiting.empty(); });
                if (waiting.empty()) return;
                wake.wait_for(lock, gathering, [&] { return closing || in_a_hurry || waiting.size() >= enough; });
                batch.swap(waiting);
                in_a_hurry = false;
            }
            auto done = store.append_events(run, attempt, batch);
            std::optional<failure> failed = done ? std::nullopt : std::optional(done.error());
            // The shared part outlives the journal for as long as a message of ours is on its way.
            boost::asio::post(executor, [self, batch = std::move(batch), failed = std::move(failed)] {
                self->told(batch, failed);
            });
        }
    }

    void told(const std::vector<event>& batch, const std::optional<failure>& failed) {
        if (failed && !error) error = failed;
        if (!error && observe)
            for (const event& e : batch) observe(e);
        durable = batch.back().sequence;
        written.notify();
    }
};

journal::journal(store::store& s, policy::run_id run, int attempt, std::int64_t last, wall_clock clock,
                 boost::asio::any_io_executor executor, observer observe)
    : shared_(std::make_shared<shared>(s, run, attempt, last, std::move(clock), std::move(executor),
                                       std::move(observe))) {
    shared_->durable = last;
    shared_->writer = std::thread([self = shared_] { self->write_all(self); });
}

journal::~journal() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->closing = true;
    }
    shared_->wake.notify_one();
    shared_->writer.join();
    shared_->observe = nullptr;  // a message that is still on its way finds nobody
}

void journal::push(event e) {
    e.sequence = shared_->next++;
    e.at = shared_->clock();
    bool was_empty = false;
    {
        const std::lock_guard lock(shared_->mutex);
        was_empty = shared_->waiting.empty();
        shared_->waiting.push_back(std::move(e));
    }
    if (was_empty) shared_->wake.notify_one();
}

async::task<result<void>> journal::flush() {
    shared& s = *shared_;
    const std::int64_t last = s.next - 1;
    {
        const std::lock_guard lock(s.mutex);
        s.in_a_hurry = !s.waiting.empty();
    }
    s.wake.notify_one();
    while (s.durable < last) co_await s.written.wait();
    if (s.error) co_return *s.error;
    co_return result<void>();
}

bool journal::failed() const {
    return shared_->error.has_value();
}

}  // namespace latchkey::run
