// SPDX-License-Identifier: Apache-2.0
#include "runner/server/retention.hpp"

#include "runner/run/executor_lock.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

namespace latchkey::server {

namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = "lock";

// The runs that have a folder, the newest first.
result<std::vector<policy::run_id>> runs_with_folders(const fs::path& folder) {
    std::vector<policy::run_id> found;
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
        const std::string name = at->path().filename().string();
        std::int64_t id = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), id);
        if (error == std::errc() && rest == name.data() + name.size() && id > 0) found.emplace_back(id);
    }
    if (ec && ec != std::errc::no_such_file_or_directory)
        return failure(errc::io, "can't read the folder " + folder.string() + ": " + ec.message());
    std::ranges::sort(found, std::ranges::greater());
    return found;
}

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

}  // namespace

result<cleared> clear_old_logs(store::store& s, const fs::path& runs_folder, const retention& keep,
                               policy::time_point now) {
    cleared done;
    if (!keep.age && !keep.newest) return done;
    auto runs = runs_with_folders(runs_folder);
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
        if (!holds_logs(folder)) continue;
        // Who executes it has its lock; who gets it now knows that nobody begins meanwhile.
        const auto lock = run::executor_lock::take(folder, "");
        if (!lock && lock.error().code == errc::conflict) continue;
        if (!lock) return lock.error();
        if (run = s.run(id); !run) return run.error();
        if (!is_over(*run, before)) continue;
        auto removed = empty_folder(folder);
        if (!removed) return removed.error();
        ++done.runs;
        done.bytes += *removed;
    }
    return done;
}

}  // namespace latchkey::server
