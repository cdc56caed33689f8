// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue.hpp"
#include "runner/async/offload.hpp"
#include "runner/run/action_fields.hpp"
#include "runner/run/action_request.hpp"
#include "runner/run/container_request.hpp"
#include "runner/run/native_request.hpp"
#include "runner/run/report.hpp"
#include "runner/run/running_action.hpp"
#include "runner/run/test_reports.hpp"
#include "runner/run/variable_files.hpp"
#include "runner/run/variable_values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <iterator>

namespace latchkey::run {

namespace {

constexpr std::size_t read_size = 256UL * 1024;

}  // namespace

void run_driver::pass_on(running& r) {
    for (passing::changed& v : r.passes.from(r.execution->exported())) {
        event e;
        e.kind = event_kind::variable_passed;
        e.action = static_cast<std::int32_t>(r.action);
        e.text = v.name;
        if (v.secret) {
            vault::secret value(std::move(v.value));
            maskers_.learn(value);
            passed_.set_secret(v.name, std::move(value));
        } else {
            // What an integration gave to this action is for it alone.
            log::masker_stream look(r.armed);
            std::string seen(look.feed(v.value).view());
            seen += look.finish().view();
            if (seen != v.value) {
                warn(v.name + " holds a secret of \"" + context_.plan.actions[r.action].name +
                     "\" and is not passed on to other actions");
                continue;
            }
            e.text += "=" + v.value;
            passed_.set(v.name, std::move(v.value));
        }
        journal_.push(std::move(e));
    }
}

// Masked like output: a test may print what it was given.
async::task<> run_driver::read_reports(running& r) {
    if (!options_.here) co_return;
    const std::string pattern = test_reports_of(*context_.plan.actions[r.action].definition,
                                                plain_variables(context_.plan, r.action, passed_));
    if (pattern.empty()) co_return;
    auto read = [this, &pattern, since = r.began] { return read_tests(options_.workspace, pattern, since); };
    tests_found found = co_await async::offload(pool_, std::move(read));
    const auto masked = [&r](const std::string& text) {
        log::masker_stream stream(r.armed);
        std::string seen(stream.feed(text).view());
        seen += stream.finish().view();
        return seen;
    };
    for (const std::string& problem : found.problems) warn(masked(problem));
    if (found.text.empty()) co_return;
    event e;
    e.kind = event_kind::tests_read;
    e.action = static_cast<std::int32_t>(r.action);
    e.number = found.failed;
    e.text = masked(found.text);
    journal_.push(std::move(e));
}

// What the action's output goes through, and where to. Where it can't be had: why.
async::task<std::string> run_driver::open_log(std::uint32_t action, running& r) {
    auto masker = co_await maskers_.for_action(action);
    if (!masker) co_return masker.error().what;
    r.armed = *masker;
    r.masker = std::make_unique<log::masker_stream>(r.armed);

    auto at = logs_.find(action);
    if (at == logs_.end()) {
        auto made = log::log_writer::create(
            log::log_path(options_.logs, context_.run.value(), context_.attempt, static_cast<int>(action)));
        if (!made) co_return made.error().what;
        at = logs_.emplace(action, std::move(*made)).first;
    }
    r.log = &at->second;
    co_return std::string();
}

// Starts the action and its helpers. Where it can't be started, says why, and there is no execution.
async::task<std::string> run_driver::execute(std::uint32_t action, running& r) {
    const pipelines::action& definition = *context_.plan.actions[action].definition;
    const pipelines::action_type* type = definition.kind.get();
    if (type == nullptr || type->execution == pipelines::execution_kind::unsupported)
        co_return "this version can't run actions of the type " + definition.type.value;

    // A deployment must not be forgotten: neither that one begins nor that one has ended.
    if (uses_integrations_[action] || unrecorded_) {
        unrecorded_ = uses_integrations_[action];
        if (auto written = co_await journal_.flush(); !written)
            co_return "can't record that it starts: " + written.error().what;
    }
    access::delivery delivery;
    if (uses_integrations_[action]) {
        auto delivered = co_await deliver(action);
        if (!delivered) co_return delivered.error().what;
        if (!delivered->denied.empty()) {
            r.stopped = end_reason::refused;
            co_return report_of(delivered->denied, options_.grant_command);
        }
        delivery = std::move(*delivered);
        maskers_.learn(delivery.secrets);
    }
    auto placed = files_of_variables(context_.plan, action, context_.supplied);
    if (!placed) co_return placed.error().what;
    for (placed_file& p : *placed) {
        if (p.secret) maskers_.learn(p.file.content);
        delivery.secrets.files.push_back(std::move(p.file));
    }
    auto tokens = co_await add_tokens(action, delivery.secrets);
    if (!tokens) co_return tokens.error().what;
    std::vector<std::string> own = std::move(*tokens);
    if (type->takes_fields()) {
        auto fields = add_fields(action, delivery.secrets);
        if (!fields) co_return fields.error().what;
        std::ranges::move(*fields, std::back_inserter(own));
    }
    if (std::string why_not = co_await open_log(action, r); !why_not.empty()) co_return why_not;
    // It was cancelled while its secrets were being opened.
    if (r.stopped != end_reason::none) co_return "was cancelled before it started";

    exec::request request = request_for(context_.plan, action, context_.supplied, passed_, delivery.secrets,
                                        options_.base_environment, options_.workspace);
    const bool native = is_native(definition);
    if (!native) {
        request.limits = options_.limits.use;
        request.network = options_.limits.network;
    }
    vault::secret native_fields;
    if (options_.containers && !native) {
        auto container = container_for(context_.plan, action, delivery.secrets, context_.supplied, passed_,
                                       {options_.workspace, options_.caches, options_.images, {}, {}, options_.here});
        if (!container) co_return container.error().what;
        request.container = std::move(*container);
    }
    if (request.container && !options_.images.empty())
        if (const std::string named = image_of(context_.plan, action, passed_); named != request.container->image)
            r.say("the image " + request.container->image + " stands in for " + named);
    if (!request.container && !native) {
        auto caches = caches_for(context_.plan, action, passed_,
                                 {options_.workspace, options_.caches, options_.images, {}, {}, options_.here});
        if (!caches) co_return caches.error().what;
        request.kept = std::move(*caches);
    }
    // The last ones pass nothing on.
    request.collect_exported = context_.plan.actions[action].stage + 1 < context_.plan.stages;
    r.passes = passing(request, context_.plan, action, std::move(own));
    if (native) {
        native_fields =
            native_file(context_.plan, action, request, delivery.secrets, context_.supplied, context_.keys,
                        {options_.workspace, options_.caches, options_.images, options_.repository, options_.commit,
                         options_.here});
        make_native(request, definition, options_.program, native_fields);
    }
    request.say = [&r](const std::string& line) { r.say(line); };
    if (!options_.here) {
        request.confirm = [this, action, &r] { return confirm(action, r); };
        request.to_mask = maskers_.known_to(action);
    }
    auto started = co_await start(r, std::move(request));
    if (!started) co_return started.error().what;
    r.execution = std::move(*started);
    r.helpers.spawn(carry_output(r));
    if (definition.timeout > 0) r.helpers.spawn(limit_time(r, std::chrono::seconds(definition.timeout)));
    if (r.stopped != end_reason::none) r.execution->terminate();
    co_return std::string();
}

// The tokens that it asks for, issued now: they are short-lived. The names of their variables.
async::task<result<std::vector<std::string>>> run_driver::add_tokens(std::uint32_t action, action_secrets& to) {
    std::vector<std::string> names;
    for (const pipelines::id_token& wanted : context_.plan.actions[action].definition->id_tokens) {
        if (!options_.issue_token) co_return failure(errc::engine, "nobody issues tokens of runs here");
        auto issue = [this, &wanted] { return options_.issue_token(wanted.audience.value); };
        auto token = co_await async::offload(pool_, std::move(issue));
        if (!token)
            co_return failure(token.error().code, "no token " + wanted.name.value + ": " + token.error().what);
        maskers_.learn(*token);
        to.variables.emplace_back(wanted.name.value, std::move(*token));
        names.push_back(wanted.name.value);
    }
    co_return names;
}

// What its type makes of its fields comes to what its integrations deliver. The names of these variables.
result<std::vector<std::string>> run_driver::add_fields(std::uint32_t action, action_secrets& to) {
    const exec::request before = request_for(context_.plan, action, context_.supplied, passed_, to,
                                             options_.base_environment, options_.workspace, true);
    auto fields = fields_of(*context_.plan.actions[action].definition, before);
    if (!fields) return fields.error();
    for (const vault::secret& s : fields->to_mask) maskers_.learn(s);
    std::ranges::move(fields->secrets.variables, std::back_inserter(to.variables));
    std::ranges::move(fields->secrets.plain, std::back_inserter(to.plain));
    std::ranges::move(fields->secrets.files, std::back_inserter(to.files));
    return std::move(fields->names);
}

// A cancel ends it, and nothing of it is left.
async::task<result<std::unique_ptr<exec::execution>>> run_driver::start(running& r, exec::request request) {
    co_return co_await boost::asio::co_spawn(
        executor_, backend_.start(std::move(request)),
        boost::asio::bind_cancellation_slot(r.starting.slot(), boost::asio::use_awaitable));
}

async::task<> run_driver::carry_output(running& r) {
    std::unique_ptr<char[]> buffer;
    if (buffers_.empty()) {
        buffer = std::make_unique_for_overwrite<char[]>(read_size);
    } else {
        buffer = std::move(buffers_.back());
        buffers_.pop_back();
    }
    for (;;) {
        const auto n = co_await r.execution->read(boost::asio::buffer(buffer.get(), read_size));
        if (!n || *n == 0) break;
        // A log that can't be written does not stop the action; it is said at its end.
        const auto masked = r.masker->feed({buffer.get(), *n});
        if (!r.log_failure)
            if (auto written = r.log->write(masked); !written) r.log_failure = written.error();
        if (options_.on_output) options_.on_output();
    }
    buffers_.push_back(std::move(buffer));
}

// Asks the action to end when the time is over, and kills it when it does not. Also after a cancel.
async::task<> run_driver::limit_time(running& r, std::chrono::milliseconds limit) {
    r.kill_at.expires_after(limit);
    const auto [ended_before] = co_await r.kill_at.async_wait(async::nothrow);
    if (ended_before) co_return;
    if (r.stopped == end_reason::none) {
        r.stopped = end_reason::timed_out;
        if (r.child != nullptr) r.child->cancel("the run that started it");
        if (r.execution) r.execution->terminate();
        r.kill_at.expires_after(options_.grace);
        const auto [ended_then] = co_await r.kill_at.async_wait(async::nothrow);
        if (ended_then) co_return;
    }
    if (r.execution) r.execution->kill();
}

void run_driver::stop(running& r, end_reason why) {
    if (r.over) return;
    if (r.stopped == end_reason::none) r.stopped = why;
    if (!r.execution) {
        // execute() looks at `stopped` before and after the start, who waits for people each time that it looks.
        if (r.child != nullptr) r.child->cancel("the run that started it");
        r.starting.emit(boost::asio::cancellation_type::terminal);
        return;
    }
    r.execution->terminate();
    r.kill_at.cancel();  // its own limit no longer counts
    r.helpers.spawn(limit_time(r, options_.grace));
}

// Its secrets are about to leave for where it is executed, which may be a while after they were opened.
async::task<result<void>> run_driver::confirm(std::uint32_t action, running& r) {
    if (!uses_integrations_[action]) co_return result<void>();
    auto again = co_await deliver(action);
    if (!again) co_return again.error();
    if (again->denied.empty()) co_return result<void>();
    r.stopped = end_reason::refused;
    co_return failure(errc::denied, report_of(again->denied, options_.grant_command));
}

async::task<result<access::delivery>> run_driver::deliver(std::uint32_t action) {
    auto ask = [this, action] { return access_.deliver(context_.plan, context_.source, action); };
    co_return co_await async::offload(pool_, std::move(ask));
}

}  // namespace latchkey::run
