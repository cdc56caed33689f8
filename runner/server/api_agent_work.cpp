// SPDX-License-Identifier: Apache-2.0
// What an agent asks and reports of the attempt that it has. All of it is under a lease: what is named without one is
// not there, whatever it is.
#include "runner/agent/exchange.hpp"
#include "runner/agent/protocol.hpp"
#include "runner/async/offload.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/vault/base64.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>
#include <fstream>

namespace latchkey::server {

namespace {

using namespace std::chrono_literals;
using agent::assignment;
using agent::ordered_action;
using held = std::shared_ptr<assignment>;

constexpr auto longest_decision = 20s;
constexpr auto longest_wait_for_room = 5s;
constexpr std::size_t longest_reason = 4096;
constexpr std::size_t longest_exported = std::size_t{1} << 20U;

result<held> held_by_caller(const call& c) {
    const auto work = c.number("work");
    const std::string* lease = c.request.header(agent::lease_header);
    return c.server.agents->held(*c.agent, work ? *work : 0, lease == nullptr ? "" : *lease);
}

// Under the attempt's mutex. One that was never ordered is as one of another agent.
result<ordered_action*> action_of(const call& c, assignment& a) {
    const auto number = c.number("action");
    const auto at = number ? a.actions.find(*number) : a.actions.end();
    if (at == a.actions.end())
        return failure(errc::denied, "this lease has ended, or is not this agent's: end what it was for");
    return &at->second;
}

std::string reason_in(input& in) {
    std::string why = in.text("error").value_or("");
    if (why.size() > longest_reason) why.resize(longest_reason);
    return why;
}

bool is_over(const ordered_action& a) {
    return a.at == ordered_action::phase::ended || a.at == ordered_action::phase::refused;
}

bool is_given(const ordered_action& a) {
    return a.at == ordered_action::phase::delivered || a.at == ordered_action::phase::started;
}

async::task<> send_file(http::body_writer& to, std::shared_ptr<std::ifstream> file, run_executor& runs) {
    for (;;) {
        auto piece = co_await async::offload(runs.readers(), [&file] {
            std::string bytes(256UL * 1024, '\0');
            file->read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            bytes.resize(static_cast<std::size_t>(file->gcount()));
            return bytes;
        });
        if (piece.empty()) co_return;
        const bool sent = co_await to.write(std::move(piece));
        if (!sent) co_return;
    }
}

}  // namespace

result<answer> send_files(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    if (c.server.runs == nullptr || c.server.runs->files() == nullptr)
        return failure(errc::not_found, "this server has no repositories");
    auto run = c.server.stores.runs->run((*a)->work.run);
    if (!run) return run.error();
    if (run->source.commit.empty()) return failure(errc::not_found, "this run has no commit");
    const std::filesystem::path folder = c.server.runs->data() / "packs";
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ec);
    const std::filesystem::path file = folder / (vault::random_hex(8) + ".pack");
    auto packed = c.server.runs->files()->pack({run->source.repository, run->source.commit, run->source.ref}, file);
    // Open, it needs no name.
    auto opened = std::make_shared<std::ifstream>(file, std::ios::binary);
    std::filesystem::remove(file, ec);
    if (!packed) return packed.error();
    if (!*opened) return failure(errc::io, "can't read " + file.string());
    answer out;
    out.headers = {{"Content-Type", "application/octet-stream"}, {"X-Accel-Buffering", "no"}};
    out.stream = [opened, runs = c.server.runs](http::body_writer& to) { return send_file(to, opened, *runs); };
    return out;
}

result<answer> take_ready(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    input in(c.body);
    exec::workplace place;
    std::string why = reason_in(in);
    std::vector<std::string> notes;
    if (why.empty()) {
        place.workspace = in.required("workspace");
        place.caches = in.required("caches");
        place.repository = in.text("repository").value_or("");
        place.program = in.required("program");
        auto environment =
            agent::pairs_from(c.body.is_object() ? c.body.value("environment", json::array()) : json::array());
        if (!environment) return environment.error();
        place.base_environment = std::move(*environment);
        notes = in.texts("notes").value_or(std::vector<std::string>());
        if (!place.workspace.is_absolute() || !place.caches.is_absolute()) in.refuse("folders are named in full");
    }
    if (auto fine = in.checked(); !fine) return fine.error();
    c.server.agents->prepared(**a, std::move(place), why, std::move(notes));
    return answer{200, json::object(), {}};
}

result<answer> give_secrets(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    assignment& work = **a;
    std::unique_lock lock(work.mutex);
    auto found = action_of(c, work);
    if (!found) return found.error();
    ordered_action& action = **found;
    using phase = ordered_action::phase;
    if (action.at == phase::ordered) {
        action.at = phase::asked;
        work.changed();
    }
    // The run's own loop decides.
    work.moved.wait_for(lock, longest_decision,
                        [&] { return action.at != phase::asked || work.at != assignment::phase::ready; });
    if (action.at == phase::asked)
        return failure(errc::engine, "whether this action may have its secrets is not decided yet: ask again");
    if (action.at != phase::delivered || action.abandoned)
        return failure(errc::denied, "this action is not given any secrets now");
    return answer{200, {{"sealed", vault::encode_base64(action.sealed)}}, {}};
}

result<answer> take_started(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    input in(c.body);
    const std::string why = reason_in(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    const std::lock_guard lock((*a)->mutex);
    auto found = action_of(c, **a);
    if (!found) return found.error();
    ordered_action& action = **found;
    // Told again, it is no news.
    if (is_over(action)) return answer{200, json::object(), {}};
    if (!is_given(action)) return failure(errc::conflict, "this action has not been given its secrets");
    action.sealed.clear();
    action.at = why.empty() ? ordered_action::phase::started : ordered_action::phase::ended;
    action.not_started = why;
    (*a)->changed();
    return answer{200, json::object(), {}};
}

result<answer> take_output(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    const auto offset = number_asked(c, "offset", 0);
    if (!offset) return offset.error();
    const std::string& body = c.request.body;
    if (body.size() > agent::largest_chunk)
        return answer{
            413, {{"errors", json::array({{{"message", "that is more output than one call may bring"}}})}}, {}};
    std::unique_lock lock((*a)->mutex);
    auto found = action_of(c, **a);
    if (!found) return found.error();
    ordered_action& action = **found;
    if (!is_given(action)) return failure(errc::conflict, "this action prints nothing now");
    const auto from = static_cast<std::uint64_t>(*offset);
    if (from > action.received)
        return failure(errc::conflict, "the output before " + std::to_string(from) + " has not come: send it first");
    const std::uint64_t known = action.received - from;
    const auto is_room = [&] { return action.abandoned || action.output.size() < agent::most_unread; };
    if (known < body.size()) {
        // Whoever prints faster than is read waits.
        (*a)->moved.wait_for(lock, longest_wait_for_room, is_room);
        // Another call may have brought it meanwhile.
        const std::uint64_t skip = action.received - from;
        if (is_room() && is_given(action) && skip < body.size()) {
            if (!action.abandoned) action.output.append(body, skip);
            action.received += body.size() - skip;
            (*a)->changed();
        }
    }
    return answer{200, {{"received", action.received}}, {}};
}

result<answer> take_end(call& c) {
    auto a = held_by_caller(c);
    if (!a) return a.error();
    input in(c.body);
    const std::string why = reason_in(in);
    exec::exit_status status;
    status.signalled = in.flag("signalled").value_or(false);
    const std::int64_t number = in.number("number").value_or(-1);
    const std::int64_t output = in.number("output").value_or(0);
    const std::string exported = in.text("exported").value_or("");
    if (why.empty() && (number < 0 || number > 255)) in.refuse("`number` is an exit code or a signal's number");
    if (auto fine = in.checked(); !fine) return fine.error();
    status.number = static_cast<int>(number);
    std::string opened;
    if (!exported.empty()) {
        const auto sealed = vault::decode_base64(exported);
        auto plain = sealed ? c.server.agents->keys().open(sealed->reveal()) : std::nullopt;
        if (!plain || plain->size() > longest_exported)
            return failure(errc::usage, "`exported` was not sealed for this server, or is too much");
        opened = plain->reveal();
    }
    const std::lock_guard lock((*a)->mutex);
    auto found = action_of(c, **a);
    if (!found) return found.error();
    ordered_action& action = **found;
    // It ends once; told again, it is no news.
    if (is_over(action)) return answer{200, json::object(), {}};
    if (!is_given(action)) return failure(errc::conflict, "this action has not been given its secrets");
    if (static_cast<std::uint64_t>(output) != action.received)
        return failure(errc::conflict,
                       "its output is not whole: " + std::to_string(action.received) + " bytes have come");
    action.at = ordered_action::phase::ended;
    action.status = status;
    action.failed = why;
    action.exported = std::move(opened);
    (*a)->changed();
    return answer{200, json::object(), {}};
}

}  // namespace latchkey::server
