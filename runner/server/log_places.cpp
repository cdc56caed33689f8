// SPDX-License-Identifier: Apache-2.0
#include "runner/server/log_places.hpp"

#include "runner/log/log_writer.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey::server {

namespace {

// Asked for at once: whoever reads a log reads on.
constexpr std::size_t piece = 1UL * 1024 * 1024;

failure is_gone(const store::moved_log& log, const std::string& why) {
    return {errc::io, "the log " + log.object + " is in " + log.place + " and can't be read: " + why};
}

class moved_source final : public log::log_source {
public:
    moved_source(objects::object_store& from, store::moved_log log) : from_(from), log_(std::move(log)) {}

    result<std::size_t> read(char* into, std::size_t most, std::uint64_t from) override {
        if (from >= log_.size || most == 0) return std::size_t{0};
        if (from < at_ || from >= at_ + kept_.size()) {
            auto got = from_.get(log_.object, from, piece);
            if (!got) return is_gone(log_, got.error().what);
            if (got->empty()) return is_gone(log_, "it is shorter than it was");
            kept_ = std::move(*got);
            at_ = from;
        }
        const std::size_t skip = static_cast<std::size_t>(from - at_);
        const std::size_t n = std::min(most, kept_.size() - skip);
        std::memcpy(into, kept_.data() + skip, n);
        return n;
    }
    std::uint64_t size() const override { return log_.size; }

private:
    objects::object_store& from_;
    store::moved_log log_;
    std::string kept_;
    std::uint64_t at_ = 0;  // where what is kept begins
};

}  // namespace

std::string object_key_of(const log_name& name) {
    return log::log_path("logs", name.run.value(), name.attempt, name.action).string();
}

std::filesystem::path log_places::file_of(const log_name& name) const {
    return log::log_path(folder_, name.run.value(), name.attempt, name.action);
}

result<store::moved_log> log_places::find(const log_name& name) const {
    auto row = moved_.find(name.run, name.attempt, name.action);
    if (!row) return row.error();
    if (!*row) return failure(errc::not_found, "there is no such log");
    if (objects_ == nullptr || objects_->place() != (*row)->place)
        return is_gone(**row, "start the server with that place as its --objects");
    return std::move(**row);
}

result<log::log_reader> log_places::open(const log_name& name) const {
    auto here = log::log_reader::open(file_of(name));
    if (here || here.error().code != errc::not_found) return here;
    auto row = find(name);
    if (!row) return row.error();
    return log::log_reader(std::make_unique<moved_source>(*objects_, std::move(*row)));
}

bool log_places::is_current(const log::log_reader& reader, const log_name& name) const {
    if (!reader.is_elsewhere()) return reader.is_at(file_of(name));
    return find(name).has_value();
}

result<std::string> log_places::read(const log_name& name, std::uint64_t from, std::size_t most,
                                     bool may_have_moved) const {
    auto here = log::log_reader::open(file_of(name));
    if (here) return here->bytes(from, most);
    if (here.error().code != errc::not_found) return here.error();
    if (!may_have_moved) return std::string();
    auto row = find(name);
    if (!row && row.error().code == errc::not_found) return std::string();
    if (!row) return row.error();
    if (from >= row->size) return std::string();
    auto bytes = objects_->get(row->object, from, most);
    if (!bytes) return is_gone(*row, bytes.error().what);
    return bytes;
}

}  // namespace latchkey::server
