// SPDX-License-Identifier: Apache-2.0
#include "runner/run/old_files.hpp"

#include "runner/source/filesystem.hpp"

#include <charconv>
#include <set>

namespace latchkey::run {

namespace {

namespace fs = std::filesystem;

// The pipelines that have something there: "12", "12.1".
void add_pipelines(const fs::path& folder, std::set<std::int64_t>& to) {
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
        const std::string name = at->path().filename().string();
        std::int64_t id = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), id);
        const bool whole = rest == name.data() + name.size() || *rest == '.';
        if (error == std::errc() && whole && id > 0 && !name.ends_with(".lock") && !name.ends_with(".own"))
            to.insert(id);
    }
}

// Whether its files may go; what waits for its turn is about to use them.
result<bool> is_old(store::store& s, policy::pipeline_id pipeline, policy::time_point before,
                    const std::vector<store::run_record>& unfinished) {
    for (const store::run_record& r : unfinished)
        if (r.pipeline == pipeline) return false;
    auto record = s.pipeline(pipeline);
    if (!record && record.error().code != errc::not_found) return record.error();
    if (!record || record->retired) return true;
    // The newest run may have ended before an older one was retried.
    auto last = s.runs({std::nullopt, pipeline, 20});
    if (!last) return last.error();
    for (const store::run_record& r : *last) {
        const store::attempt_record& a = r.attempts.back();
        if (a.ended_at.value_or(a.created_at) > before) return false;
    }
    return true;
}

}  // namespace

result<cleared_files> clear_old_files(store::store& s, const fs::path& data, policy::time_point before) {
    cleared_files done;
    std::set<std::int64_t> pipelines;
    add_pipelines(data / "filesystems", pipelines);
    add_pipelines(data / "caches", pipelines);
    for (const std::int64_t id : pipelines) {
        auto unfinished = s.unfinished_runs();
        if (!unfinished) return unfinished.error();
        auto old = is_old(s, policy::pipeline_id(id), before, *unfinished);
        if (!old) return old.error();
        if (!*old) continue;
        auto removed = source::filesystem::remove_unused(data, id);
        if (!removed) return removed.error();
        if (*removed) ++done.pipelines;
    }
    return done;
}

}  // namespace latchkey::run
