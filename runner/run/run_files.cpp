// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_files.hpp"

#include "runner/run/file_wishes.hpp"

#include <algorithm>

namespace latchkey::run {

namespace {

bool says_true(const pipelines::pipeline& p, std::string_view key) {
    return std::ranges::any_of(
        p.fields, [&](const pipelines::yaml::entry& e) { return e.key == key && e.value.text == "true"; });
}

// On a server the API says it too.
bool says_true(const store::facts& origin, std::string_view name) {
    return std::ranges::find(origin, std::pair(std::string(name), std::string("true"))) != origin.end();
}

}  // namespace

file_wishes wishes_of(const pipelines::pipeline& p, const store::run_source& source) {
    return {says_true(p, "always_from_scratch") || says_true(source.origin, "refresh"),
            says_true(p, "auto_clear_cache") || says_true(source.origin, "clear_cache"),
            says_true(source.origin, "concurrent")};
}

result<std::optional<source::filesystem>> take_files(const std::filesystem::path& data,
                                                     const store::run_source& source, policy::pipeline_id pipeline,
                                                     const std::function<void()>& waits) {
    std::optional<source::filesystem> own;
    if (source.repository.empty()) return own;
    // What may run side by side has files of its own, each.
    auto taken = says_true(source.origin, "concurrent")
                     ? source::filesystem::take_any(data, pipeline.value(), source.repository)
                     : source::filesystem::take(data, pipeline.value(), source.repository, waits);
    if (!taken) return taken.error();
    own.emplace(std::move(*taken));
    return own;
}

result<run_files> prepare_files(store::store& s, const std::filesystem::path& data, const definition& d,
                                const store::run_source& source, policy::pipeline_id pipeline,
                                std::optional<source::filesystem> own) {
    run_files files;
    const auto [from_scratch, clear_cache, concurrent] = wishes_of(*d.pipeline, source);
    if (!own) {
        if (from_scratch)
            files.notes.emplace_back(
                "always_from_scratch: the run works in your work tree, where nothing is removed; --checkout gives it "
                "files of its own");
    } else {
        if (auto done = own->check_out(source.commit, from_scratch, files.notes); !done) return done.error();
        files.own.emplace(std::move(*own));
    }
    if (clear_cache) {
        auto others = s.unfinished_runs();
        if (!others) return others.error();
        const auto has_begun = [](const store::run_record& r) {
            return r.attempts.back().status != status::initial && r.attempts.back().status != status::enqueued;
        };
        if (std::ranges::any_of(*others,
                                [&](const store::run_record& r) { return r.pipeline == pipeline && has_begun(r); }))
            files.notes.emplace_back("auto_clear_cache: another run of this pipeline uses its caches: they are kept");
        else if (auto gone = source::remove_tree(data / "caches" / std::to_string(pipeline.value())); !gone)
            return gone.error();
    }
    return files;
}

}  // namespace latchkey::run
