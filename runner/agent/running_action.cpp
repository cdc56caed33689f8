// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/running_action.hpp"

#include "runner/agent/protocol.hpp"
#include "runner/async/offload.hpp"
#include "runner/vault/base64.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>

namespace latchkey::agent {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t read_size = 64UL * 1024;
constexpr std::size_t most_unsent = 4UL * 1024 * 1024;

bool lies_in(const fs::path& path, const fs::path& folder) {
    std::error_code ec;
    const fs::path real = fs::weakly_canonical(path, ec);
    if (ec) return false;
    const fs::path root = fs::weakly_canonical(folder, ec);
    if (ec) return false;
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

}  // namespace

running_action::running_action(held_work& of, std::int64_t number, json form)
    : of_(of),
      number_(number),
      form_(std::move(form)),
      helpers_(of.executor()),
      news_(of.executor()),
      room_(of.executor()) {}

std::string running_action::path(std::string_view what) const {
    return "/attempts/" + std::to_string(of_.number()) + "/actions/" + std::to_string(number_) + "/" +
           std::string(what);
}

std::string running_action::masked(const std::string& text) const {
    log::masker_stream stream(masker_);
    std::string seen(stream.feed(text).view());
    seen += stream.finish().view();
    return seen;
}

void running_action::terminate() {
    if (execution_) return execution_->terminate();
    stopped_ = true;
    starting_.emit(boost::asio::cancellation_type::terminal);
}

void running_action::kill() {
    // Where the attempt is over nobody waits for anything.
    news_.notify();
    room_.notify();
    if (execution_) return execution_->kill();
    stopped_ = true;
    starting_.emit(boost::asio::cancellation_type::terminal);
}

async::task<> running_action::run() {
    if (!co_await get_ready()) co_return;
    const auto done = co_await execute();
    complete_ = true;
    news_.notify();
    co_await helpers_.join();
    execution_.reset();
    if (done || of_.over()) co_return;
    (void)co_await of_.call(path("started"), json{{"error", masked(done.error().what)}}.dump(
                                                 -1, ' ', false, json::error_handler_t::replace));
}

async::task<bool> running_action::get_ready() {
    const auto given = co_await of_.call(path("secrets"), "{}");
    // Denied: the server knows why.
    if (!given) co_return false;
    result<void> fine;
    const auto sealed = given->is_object() && given->contains("sealed") && (*given)["sealed"].is_string()
                            ? vault::decode_base64((*given)["sealed"].get<std::string>())
                            : std::nullopt;
    const auto opened = sealed ? of_.options().keys.open(sealed->reveal()) : std::nullopt;
    if (!opened) {
        fine = failure(errc::refused, "its secrets were not sealed for this agent");
    } else if (auto got = request_from(form_, *opened); !got) {
        fine = got.error();
    } else {
        got_ = std::move(*got);
        fine = check_folders();
    }
    if (fine && !got_.mask.empty()) {
        auto built = co_await async::offload(of_.pool(), [this] { return log::masker::build(got_.mask, nullptr); });
        if (built)
            masker_ = std::move(*built);
        else
            fine = built.error();
    }
    stream_ = std::make_unique<log::masker_stream>(masker_);
    if (fine) co_return true;
    (void)co_await of_.call(path("started"), json{{"error", fine.error().what}}.dump());
    co_return false;
}

// What is mounted is the attempt's own. The server can't see links that lie here.
result<void> running_action::check_folders() {
    exec::request& r = got_.request;
    const exec::workplace& place = of_.place();
    std::vector<exec::mount> all = r.kept;
    if (r.container) all.insert(all.end(), r.container->mounts.begin(), r.container->mounts.end());
    std::error_code ec;
    for (const exec::mount& m : all) {
        if (!lies_in(m.source, place.workspace) && !lies_in(m.source, place.caches))
            return failure(errc::refused, m.source.string() + " is not of this run: it can't be mounted");
        fs::create_directories(m.source, ec);
        if (ec) return failure(errc::engine, "can't make the folder " + m.source.string() + ": " + ec.message());
    }
    if (r.workspace != place.workspace || !lies_in(r.directory, place.workspace))
        return failure(errc::refused, "it is to work in " + r.directory.string() + ", which is not its workspace");
    return {};
}

async::task<result<void>> running_action::execute() {
    if (stopped_) co_return failure(errc::cancelled, "it was cancelled before it started");
    helpers_.spawn(send_output());
    got_.request.say = [this](const std::string& line) { append(stream_->feed(line + "\n")); };
    auto started = co_await boost::asio::co_spawn(
        of_.executor(), of_.backend().start(std::move(got_.request)),
        boost::asio::bind_cancellation_slot(starting_.slot(), boost::asio::use_awaitable));
    if (!started) co_return started.error();
    execution_ = std::move(*started);
    if (stopped_ || of_.over()) execution_->kill();
    async::task_group reading(of_.executor());
    reading.spawn(read_output());
    // Who cancels it while this is on its way is answered by the end.
    if (!of_.over()) (void)co_await of_.call(path("started"), "{}");
    const auto end = co_await execution_->wait();
    co_await reading.join();
    append(stream_->finish());
    complete_ = true;
    news_.notify();
    co_await helpers_.join();
    std::string exported = end ? execution_->exported() : std::string();
    // Its files go before its end is told: then nothing of it is left.
    execution_.reset();
    if (of_.over()) {
        vault::wipe(exported);
        co_return result<void>();
    }
    json said;
    if (end) {
        said = {{"signalled", end->signalled}, {"number", end->number}, {"output", sent_}};
        if (const auto sealed = vault::seal_for(of_.sealing_key(), exported); sealed && !exported.empty())
            said["exported"] = vault::encode_base64(*sealed);
        vault::wipe(exported);
    } else {
        said = {{"error", masked(end.error().what)}, {"output", sent_}};
    }
    (void)co_await of_.call(path("end"), said.dump(-1, ' ', false, json::error_handler_t::replace));
    co_return result<void>();
}

void running_action::append(const log::masked_bytes& bytes) {
    output_ += bytes.view();
    news_.notify();
}

async::task<> running_action::read_output() {
    const auto buffer = std::make_unique_for_overwrite<std::array<char, read_size>>();
    for (;;) {
        while (output_.size() > most_unsent && !of_.over()) co_await room_.wait();
        const auto n = co_await execution_->read(boost::asio::buffer(*buffer));
        if (!n || *n == 0) co_return;
        append(stream_->feed({buffer->data(), *n}));
    }
}

// In order, each piece until it is acknowledged: what was cut off is taken up where the server says.
async::task<> running_action::send_output() {
    while (!of_.over()) {
        if (output_.empty()) {
            if (complete_) co_return;
            co_await news_.wait();
            continue;
        }
        const std::string piece = output_.substr(0, largest_chunk);
        const auto got = co_await of_.call(path("output") + "?offset=" + std::to_string(sent_), piece);
        const bool good =
            got && got->is_object() && got->contains("received") && (*got)["received"].is_number_unsigned();
        if (!good) break;
        const auto received = (*got)["received"].get<std::uint64_t>();
        if (received < sent_ || received > sent_ + output_.size()) break;
        output_.erase(0, received - sent_);
        sent_ = received;
        room_.notify();
    }
    // Nobody takes it any more: the reader must not wait for room.
    while (!complete_ && !of_.over()) {
        output_.clear();
        room_.notify();
        co_await news_.wait();
    }
    room_.notify();
}

}  // namespace latchkey::agent
