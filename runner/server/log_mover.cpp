// SPDX-License-Identifier: Apache-2.0
#include "runner/server/log_mover.hpp"

#include "runner/run/events.hpp"
#include "runner/server/run_folders.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace latchkey::server {

namespace {

namespace fs = std::filesystem;

// Of a plain file; none: it is none, or it is gone.
std::optional<std::uint64_t> size_of(const fs::path& file) {
    struct stat facts{};
    if (::lstat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(facts.st_size);
}

}  // namespace

struct log_mover::impl {
    impl(store::store& s, store::moved_logs& m, objects::object_store& o, options with_)
        : runs(s),
          moved(m),
          objects(o),
          with(std::move(with_)),
          places(with.runs_folder, moved, &objects),
          moved_count(with.metrics.count("latchkey_logs_moved_total", "Logs that were moved to the object store.")),
          moved_bytes(with.metrics.count("latchkey_log_bytes_moved_total", "Their bytes.")),
          failed_count(with.metrics.count("latchkey_log_moves_failed_total",
                                          "Tries to move a log to the object store that failed.")),
          waiting(with.metrics.measure("latchkey_logs_of_runs_waiting",
                                       "Runs whose logs could not be moved to the object store yet.")) {}

    // -- one log

    enum class outcome : unsigned char { done, failed };

    outcome move_log(const log_name& name) {
        const fs::path file = places.file_of(name);
        const auto here = size_of(file);
        if (!here) return outcome::done;
        auto known = moved.find(name.run, name.attempt, name.action);
        if (!known) return trouble(name, known.error());
        const auto& row = *known;
        // A log only grows: the same size is the same log, whose file could not be removed any more.
        if (row && row->place == objects.place() && row->size == *here) return remove(name, file);
        if (row && row->size > *here) {
            with.log.write(log_level::error, "a log that was moved is here again, and is shorter: it stays",
                           {{"run", name.run.value()}, {"file", file.string()}, {"place", row->place}});
            return outcome::done;
        }
        auto size = objects.put(object_key_of(name), file);
        if (!size && size.error().code == errc::not_found) return outcome::done;  // retention was faster
        if (!size) return trouble(name, size.error());
        auto noted = moved.note({name.run, name.attempt, name.action, objects.place(), object_key_of(name), *size});
        if (!noted) return trouble(name, noted.error());
        if (size_of(file) != *size) return outcome::failed;  // it has grown: all of it once more
        failures = 0;
        moved_count.add();
        moved_bytes.add(*size);
        return remove(name, file);
    }

    outcome remove(const log_name& name, const fs::path& file) {
        if (::unlink(file.c_str()) == 0 || errno == ENOENT) return outcome::done;
        return trouble(name, {errc::io, "can't remove " + file.string()});
    }

    outcome trouble(const log_name& name, const failure& why) {
        if (ending) return outcome::failed;
        failed_count.add();
        with.log.write(log_level::warning, "a log stays on this machine and is moved later",
                       {{"run", name.run.value()}, {"why", why.what}});
        return outcome::failed;
    }

    // -- one run

    outcome move_run(policy::run_id id) {
        const fs::path folder = with.runs_folder / std::to_string(id.value());
        const auto attempts = numbers_in(folder);
        if (attempts.empty()) return outcome::done;
        auto run = runs.run(id);
        // A folder that no run has is none of ours to judge.
        if (!run && run.error().code == errc::not_found) return outcome::done;
        if (!run) return trouble({id, 0, 0}, run.error());
        for (const std::int64_t attempt : attempts) {
            if (attempt > static_cast<std::int64_t>(run->attempts.size())) continue;
            if (!run::ended(run->attempts[static_cast<std::size_t>(attempt) - 1].status)) continue;
            const fs::path of_attempt = folder / std::to_string(attempt);
            for (const std::int64_t action : numbers_in(of_attempt, ".log")) {
                if (ending) return outcome::failed;
                if (move_log({id, static_cast<int>(attempt), static_cast<int>(action)}) == outcome::failed)
                    return outcome::failed;
            }
            ::rmdir(of_attempt.c_str());  // where nothing else is in it
        }
        return outcome::done;
    }

    // -- the thread

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            const auto due = [this] { return ending || all || !changed.empty(); };
            if (again.empty()) {
                idle = true;
                settled.notify_all();
                happened.wait(lock, due);
            } else {
                const auto next = std::chrono::steady_clock::now() + with.pause(failures);
                idle = true;
                settled.notify_all();
                happened.wait_until(lock, next, due);
            }
            idle = false;
            if (ending) return;
            std::set<policy::run_id> todo = std::exchange(changed, {});
            todo.merge(again);
            again.clear();
            const bool every_one = std::exchange(all, false);
            lock.unlock();
            auto left = guarded(std::move(todo), every_one);
            lock.lock();
            again = std::move(left);
            waiting.set(static_cast<double>(again.size()));
        }
    }

    // Those that have to be tried again: where one fails, all that come after it would.
    std::set<policy::run_id> pass(std::set<policy::run_id> todo, bool every_one) {
        if (every_one) {
            auto found = runs_with_folders(with.runs_folder);
            if (found)
                todo.insert(found->begin(), found->end());
            else
                with.log.write(log_level::error, "logs can't be moved", {{"why", found.error().what}});
        }
        while (!todo.empty() && !ending) {
            if (move_run(*todo.begin()) == outcome::failed) {
                ++failures;
                break;
            }
            todo.erase(todo.begin());
        }
        return todo;
    }

    std::set<policy::run_id> guarded(std::set<policy::run_id> todo, bool every_one) {
        try {
            return pass(todo, every_one);
        } catch (const std::exception& e) {
            with.log.write(log_level::error, "a bug in what moves logs", {{"why", e.what()}});
            ++failures;
            return todo;
        }
    }

    store::store& runs;
    store::moved_logs& moved;
    objects::object_store& objects;
    options with;
    log_places places;
    metrics::counter& moved_count;
    metrics::counter& moved_bytes;
    metrics::counter& failed_count;
    metrics::gauge& waiting;
    int failures = 0;  // in a row; of the thread

    std::mutex mutex;
    std::condition_variable happened;
    std::condition_variable settled;
    std::set<policy::run_id> changed;
    std::set<policy::run_id> again;  // what failed
    bool all = true;
    bool idle = false;
    std::atomic<bool> ending{false};
    std::thread thread;
};

std::chrono::milliseconds log_mover::usual_pause(int failures) {
    using std::chrono::seconds;
    constexpr std::array<seconds, 4> pauses = {seconds(10), seconds(30), seconds(60), seconds(300)};
    return pauses[static_cast<std::size_t>(std::clamp(failures - 1, 0, 3))];
}

log_mover::log_mover(store::store& s, store::moved_logs& m, objects::object_store& o, options with)
    : impl_(std::make_unique<impl>(s, m, o, std::move(with))) {}

log_mover::~log_mover() {
    stop();
}

void log_mover::begin() {
    impl_->thread = std::thread([this] { impl_->work(); });
}

void log_mover::look_at(policy::run_id run) {
    const std::lock_guard lock(impl_->mutex);
    impl_->changed.insert(run);
    impl_->happened.notify_all();
}

void log_mover::look_at_all() {
    const std::lock_guard lock(impl_->mutex);
    impl_->all = true;
    impl_->happened.notify_all();
}

void log_mover::settle() {
    std::unique_lock lock(impl_->mutex);
    impl_->settled.wait(lock, [this] { return impl_->idle && !impl_->all && impl_->changed.empty(); });
}

void log_mover::stop() {
    if (!impl_->thread.joinable()) return;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->ending = true;
        impl_->happened.notify_all();
    }
    impl_->objects.cut();
    impl_->thread.join();
}

}  // namespace latchkey::server
