// SPDX-License-Identifier: Apache-2.0
//
// Where the log of an action is: a file in its run's folder, or, some time after its attempt's end, an object that
// the store names (store/moved_logs.hpp). The file is looked for first: it goes only when the other is noted. Owner:
// the executor; any thread; calls block.
#pragma once

#include "runner/log/log_reader.hpp"
#include "runner/objects/object_store.hpp"
#include "runner/store/moved_logs.hpp"

#include <compare>
#include <filesystem>

namespace latchkey::server {

struct log_name {
    policy::run_id run;
    int attempt = 0;
    int action = 0;
    auto operator<=>(const log_name&) const = default;
};

// "logs/42/1/0.log"
std::string object_key_of(const log_name&);

class log_places {
public:
    // `objects` may be null: logs that were moved can't be read then, which is said.
    log_places(std::filesystem::path runs_folder, store::moved_logs& moved, objects::object_store* objects)
        : folder_(std::move(runs_folder)), moved_(moved), objects_(objects) {}

    std::filesystem::path file_of(const log_name&) const;
    // not_found: it has printed nothing, or its log was removed.
    result<log::log_reader> open(const log_name&) const;
    // Whether what is read is still where the log is.
    bool is_current(const log::log_reader&, const log_name&) const;
    // At most so many bytes from there on. Only once its attempt `may_have_moved` the store is asked: before, what
    // has no file has printed nothing.
    result<std::string> read(const log_name&, std::uint64_t from, std::size_t most, bool may_have_moved) const;

private:
    result<store::moved_log> find(const log_name&) const;
    std::filesystem::path folder_;
    store::moved_logs& moved_;
    objects::object_store* objects_;
};

}  // namespace latchkey::server
