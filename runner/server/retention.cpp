// SPDX-License-Identifier: Apache-2.0
#include "runner/server/retention.hpp"

#include "runner/run/executor_lock.hpp"
#include "runner/server/run_folders.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace latchkey::server {

namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = "lock";

bool is_over(const store::run_record& run, policy::time_point before) {
    const store::attempt_record& last = run.attempts.back();
    return run::ended(last.status) && last.ended_at.value_or(last.created_at) <= before;
}

bool holds_logs(const fs::path& folder) {
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
        if (at->path().filename() != lock_name) return true;
    return false;
}

result<std::uint64_t> empty_folder(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code ec;
    std::vector<fs::path> all;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
        if (at->path().filename() != lock_name) all.push_back(at->path());
    for (std::size_t i = 0; !ec && i < all.size(); ++i) {
        std::error_code unsized;
        for (fs::recursive_directory_iterator at(all[i], unsized), end; !unsized && at != end; at.increment(unsized))
            if (std::error_code gone; at->is_regular_file(gone) && !at->is_symlink(gone))
                bytes += at->file_size(gone);
        fs::remove_all(all[i], ec);
    }
    if (ec) return failure(errc::io, "can't remove what is in " + folder.string() + ": " + ec.message());
    return bytes;
}

// Those that have a folder, and those whose logs were moved; the newest first.
result<std::vector<policy::run_id>> runs_with_logs(const fs::path& runs_folder, const elsewhere& moved) {
    auto runs = runs_with_folders(runs_folder);
    if (!runs || moved.logs == nullptr) return runs;
    constexpr int at_once = 1000;
    for (std::int64_t before = 0;;) {
        auto some = moved.logs->runs(before, at_once);
        if (!some) return some.error();
        runs->insert(runs->end(), some->begin(), some->end());
        if (some->size() < at_once) break;
        before = some->back().value();
    }
    std::ranges::sort(*runs, std::ranges::greater());
    const auto twice = std::ranges::unique(*runs);
    runs->erase(twice.begin(), twice.end());
    return runs;
}

// The object, then what says where it is: in between it is looked for, and not found.
result<std::uint64_t> remove_moved(const elsewhere& moved, policy::run_id run) {
    if (moved.logs == nullptr) return std::uint64_t{0};
    auto logs = moved.logs->of_run(run);
    if (!logs) return logs.error();
    std::uint64_t bytes = 0;
    for (const store::moved_log& log : *logs) {
        if (moved.objects == nullptr || moved.objects->place() != log.place)
            return failure(errc::refused,
                           "the log " + log.object + " is in " + log.place +
                               " and can't be removed: start the server with that place as its --objects");
        if (auto gone = moved.objects->remove(log.object); !gone) return gone.error();
        if (auto forgotten = moved.logs->forget(log); !forgotten) return forgotten.error();
        bytes += log.size;
    }
    return bytes;
}

}  // namespace

result<cleared> clear_old_logs(store::store& s, const fs::path& runs_folder, const retention& keep,
                               policy::time_point now, const elsewhere& moved) {
    cleared done;
    std::optional<failure> left;
    if (!keep.age && !keep.newest) return done;
    auto runs = runs_with_logs(runs_folder, moved);
    if (!runs) return runs.error();
    std::map<policy::pipeline_id, int> seen;
    for (const policy::run_id id : *runs) {
        auto run = s.run(id);
        // A folder that no run has is none of ours to judge.
        if (!run && run.error().code == errc::not_found) continue;
        if (!run) return run.error();
        const bool among_newest = keep.newest && ++seen[run->pipeline] <= *keep.newest;
        const policy::time_point before = keep.age ? now - *keep.age : now;
        if (among_newest || !is_over(*run, before)) continue;
        const fs::path folder = runs_folder / std::to_string(id.value());
        auto far = moved.logs == nullptr ? result<std::vector<store::moved_log>>(std::vector<store::moved_log>())
                                         : moved.logs->of_run(id);
        if (!far) return far.error();
        if (!holds_logs(folder) && far->empty()) continue;
        // Who executes it has its lock; who gets it now knows that nobody begins meanwhile.
        const auto lock = run::executor_lock::take(folder, "");
        if (!lock && lock.error().code == errc::conflict) continue;
        if (!lock) return lock.error();
        if (run = s.run(id); !run) return run.error();
        if (!is_over(*run, before)) continue;
        // What is here first: it would be moved.
        auto removed = empty_folder(folder);
        if (!removed) return removed.error();
        auto removed_there = remove_moved(moved, id);
        if (!removed_there && removed_there.error().code == errc::refused) {
            // It is nowhere that we know of: no reason to keep what is here of the others.
            if (!left) left = removed_there.error();
            continue;
        }
        if (!removed_there) return removed_there.error();
        ++done.runs;
        done.bytes += *removed + *removed_there;
    }
    if (left) return *left;
    return done;
}

}  // namespace latchkey::server
