// SPDX-License-Identifier: Apache-2.0
#include "runner/run/attempt.hpp"

#include "pipelines/service.hpp"
#include "runner/async/offload.hpp"
#include "runner/async/task_group.hpp"
#include "runner/run/answer_secrets.hpp"
#include "runner/run/changes.hpp"
#include "runner/run/report.hpp"
#include "runner/run/run_driver.hpp"
#include "runner/run/variable_files.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <exception>

namespace latchkey::run {

namespace {

namespace asio = boost::asio;

// How often a run that waits for a permission looks whether the facts have changed.
constexpr std::chrono::milliseconds between_looks{200};

bool names_a_machine(const pipelines::plan& plan) {
    return std::ranges::any_of(plan.actions, [](const pipelines::planned_action& p) {
        const pipelines::yaml::node* named = pipelines::field_of(*p.definition, "distribution");
        return p.may_run && named != nullptr && !named->text.empty() &&
               p.definition->type.value.starts_with("NATIVE_");
    });
}

class attempt_work {
public:
    attempt_work(asio::io_context& loop, const surroundings& around, const attempt_request& request,
                 run_options& options)
        : around_(around),
          request_(request),
          options_(options),
          executor_(loop.get_executor()),
          signals_(loop),
          helpers_(executor_),
          journal_(around.store, request.run.id, request.attempt, request.events_before, around.clock, executor_,
                   [this](const event& e) { tell(e); }),
          access_(around.store, around.unlock, around.clock, identity(request.run, around.shared)) {
        if (options.signals)
            for (const int signal : {SIGINT, SIGTERM, SIGHUP}) signals_.add(signal);
    }

    async::task<result<finished_attempt>> run() {
        if (options_.signals) helpers_.spawn(watch_signals());
        if (options_.off != nullptr)
            options_.off->arm([this](const std::string& by_whom) {
                asio::post(executor_, [this, by_whom] {
                    cancelled_ = true;
                    settling_.emit(asio::cancellation_type::terminal);
                    if (driver_) driver_->cancel(by_whom);
                });
            });
        auto done = co_await preflight_and_run();
        if (options_.off != nullptr) options_.off->disarm();
        signals_.cancel();
        co_await helpers_.join();
        const auto written = co_await journal_.flush();
        if (!done) co_return done;
        if (!written) co_return written.error();
        auto record = around_.store.run(request_.run.id);
        if (!record) co_return record.error();
        done->run = std::move(*record);
        done->attempt = request_.attempt;
        co_return done;
    }

private:
    static run_identity identity(const store::run_record& run, bool shared) {
        return {run.id,
                run.project,
                run.pipeline,
                run.attempts.back().actor,
                run.source.ref,
                run.source.trust,
                run.source.fork_approved_by,
                shared};
    }

    async::task<> watch_signals() {
        for (;;) {
            const auto [ec, number] = co_await signals_.async_wait(async::nothrow);
            if (ec) co_return;
            cancelled_ = true;
            if (driver_) driver_->cancel("SIG" + std::string(::sigabbrev_np(number)));
        }
    }

    void tell(const event& e) {
        if (options_.on_event) options_.on_event(e);
        if (around_.on_change) around_.on_change(request_.run.id);
    }

    static std::string numbers_of(const std::vector<missing_integration>& all) {
        std::string text;
        for (const missing_integration& m : all)
            text += (text.empty() ? "" : " ") + std::to_string(m.integration.value());
        return text;
    }

    void push(event_kind kind, status s, std::string text) {
        event e;
        e.kind = kind;
        e.status = s;
        e.text = std::move(text);
        journal_.push(std::move(e));
    }

    async::task<result<finished_attempt>> preflight_and_run() {
        finished_attempt done;
        const pipelines::plan& plan = request_.compiled.plan;
        if (request_.events_before == 0)
            push(event_kind::attempt_created, status::initial, request_.run.attempts.back().reason);
        if (!plan.skipped_because.empty()) {
            push(event_kind::attempt_ended, status::skipped, plan.skipped_because);
            done.outcome = outcome::skipped;
            done.report = plan.skipped_because;
            co_return done;
        }
        for (;;) {
            // Read before the facts are judged: what changes from here on is seen by facts_change().
            const auto judged_at = co_await revision();
            auto missing = co_await preflight();
            if (!missing) {
                // Fails closed: what can't be decided is not run.
                push(event_kind::attempt_ended, status::failed,
                     "its permissions could not be decided: " + missing.error().what);
                co_return missing.error();
            }
            if (missing->empty()) break;
            done.report = report_of(*missing, "latchkey retry " + std::to_string(request_.run.number) + " --grant");
            done.missing = std::move(*missing);
            if (around_.shared) push(event_kind::missing, status::initial, numbers_of(done.missing));
            if (!options_.wait_for_permission) {
                push(event_kind::denied, status::failed, done.report);
                push(event_kind::attempt_ended, status::failed, "missing permissions");
                done.outcome = outcome::denied;
                co_return done;
            }
            push(event_kind::waiting, status::waiting_for_permission, done.report);
            if (!co_await facts_change(judged_at)) {
                push(event_kind::attempt_ended, status::terminated,
                     "the run was cancelled while it waited for a permission");
                done.outcome = outcome::cancelled;
                co_return done;
            }
        }
        done.missing.clear();
        done.report.clear();
        if (options_.on_plan) options_.on_plan(request_.run, request_.attempt, plan, request_.definition.source);
        const auto backend = make_backend();
        auto place = co_await settle(*backend);
        if (!place) {
            co_await backend->close();
            push(event_kind::attempt_ended, cancelled_ ? status::terminated : status::failed,
                 cancelled_ ? "the run was cancelled before anybody executed it" : place.error().what);
            done.outcome = cancelled_ ? outcome::cancelled : outcome::failed;
            co_return done;
        }
        driver_ = std::make_unique<run_driver>(executor_, pool_, *backend, access_, journal_, context(),
                                               driver_settings(*place));
        if (auto learned = co_await learn_what_to_mask(); !learned) {
            driver_.reset();
            co_await backend->close();
            push(event_kind::attempt_ended, status::failed,
                 "its secrets could not be opened: " + learned.error().what);
            co_return learned.error();
        }
        for (const auto& [name, value] : request_.scope.passed) driver_->pass(name, value);
        if (cancelled_) driver_->cancel("a signal");
        say_what_this_machine_leaves_out();
        const status end = co_await driver_->run();
        driver_.reset();
        co_await backend->close();
        done.outcome = end == status::successful   ? outcome::succeeded
                       : end == status::terminated ? outcome::cancelled
                                                   : outcome::failed;
        co_return done;
    }

    std::unique_ptr<exec::backend> make_backend() const {
        if (!request_.elsewhere) return around_.make_backend(executor_, request_.run.source.backend);
        return around_.make_elsewhere(executor_,
                                      {request_.run, request_.attempt, *request_.definition.pipeline, tell_people_});
    }

    // A cancel ends it.
    async::task<result<std::optional<exec::workplace>>> settle(exec::backend& backend) {
        if (cancelled_) co_return failure(errc::cancelled, "it was cancelled");
        co_return co_await asio::co_spawn(executor_, backend.settle(),
                                          asio::bind_cancellation_slot(settling_.slot(), asio::use_awaitable));
    }

    async::task<result<std::vector<missing_integration>>> preflight() {
        if (request_.compiled.plan.uses.empty()) co_return std::vector<missing_integration>();
        auto ask = [this] {
            return access_.preflight(request_.compiled.plan, request_.definition.source,
                                     request_.scope.not_executed());
        };
        co_return co_await async::offload(pool_, std::move(ask));
    }

    // Before anything starts: one action may print what another was given, now or in an earlier attempt.
    async::task<result<void>> learn_what_to_mask() {
        action_secrets keys;
        for (const auto& [name, value] : options_.keys)
            keys.variables.emplace_back(name, vault::secret(std::string(value.reveal())));
        driver_->learn(keys);
        if (request_.compiled.plan.uses.empty()) co_return result<void>();
        auto ask = [this] { return access_.open_to_mask(); };
        auto known = co_await async::offload(pool_, std::move(ask));
        if (!known) co_return known.error();
        for (const action_secrets& s : known->all) driver_->learn(s);
        // Of a first attempt that leaves actions out, nothing was given to any before.
        for (const std::string& name : request_.attempt > 1 ? known->closed : std::vector<std::string>())
            push(event_kind::warning, status::in_progress,
                 "what an earlier attempt was given of " + name + " can't be masked: it is not allowed any more");
        co_return result<void>();
    }

    // Only a run that may wait for a permission needs to know.
    async::task<result<policy::revision>> revision() {
        if (!options_.wait_for_permission) co_return policy::revision();
        auto ask = [this] { return around_.store.revision(); };
        co_return co_await async::offload(pool_, std::move(ask));
    }

    // Waits until the policy's facts are not those of that revision any more; false: cancelled.
    async::task<bool> facts_change(result<policy::revision> judged_at) {
        asio::steady_timer timer(executor_);
        while (!cancelled_) {
            const auto now = co_await revision();
            if (judged_at && now && *now != *judged_at) co_return true;
            timer.expires_after(between_looks);
            co_await timer.async_wait(async::nothrow);
        }
        co_return false;
    }

    attempt_context context() const {
        return {request_.compiled.plan,
                request_.definition.source,
                request_.compiled.facts,
                options_.secrets,
                options_.keys,
                request_.run.id,
                request_.attempt,
                request_.scope.carried,
                request_.scope.left_out,
                request_.previous_failed,
                {request_.run.source.parameters.begin(), request_.run.source.parameters.end()}};
    }

    driver_options driver_settings(const std::optional<exec::workplace>& place) const {
        driver_options o;
        o.jobs = options_.jobs;
        o.grace = around_.grace;
        o.logs = request_.logs;
        o.workspace = request_.run.source.workspace;
        o.caches = around_.data / "caches" / std::to_string(request_.run.pipeline.value());
        o.repository = request_.run.source.repository;
        o.commit = request_.run.source.commit;
        const std::string& backend = request_.run.source.backend;
        o.containers = backend != "host" && backend != "sandbox";
        if (auto limits = limits_from(request_.run.source.limits)) o.limits = *limits;  // checked before the run
        o.images = request_.run.source.images;
        o.base_environment = around_.base_environment;
        o.program = around_.program;
        if (place) {
            o.here = false;
            o.workspace = place->workspace;
            o.caches = place->caches;
            o.repository = place->repository.string();
            o.base_environment = place->base_environment;
            o.program = place->program;
        }
        o.project = std::filesystem::path(request_.run.source.workspace).filename().string();
        o.run_child = request_.run_child;
        if (around_.issue_token)
            o.issue_token = [this](const std::string& audience) {
                return around_.issue_token(request_.run, request_.attempt, audience);
            };
        if (around_.on_output) o.on_output = [this] { around_.on_output(request_.run.id); };
        o.answer_here = options_.answer_here;
        o.answer_in_store = [this](std::uint32_t action, const question&) { return answer_from_store(action); };
        o.answer_command = "latchkey approve " + std::to_string(request_.run.number);
        o.grant_command = "latchkey retry " + std::to_string(request_.run.number) + " --grant";
        return o;
    }

    result<std::optional<answer>> answer_from_store(std::uint32_t action) const {
        auto found = around_.store.answer_of(request_.run.id, request_.attempt, static_cast<int>(action));
        if (!found) return found.error();
        if (!*found) return std::optional<answer>();
        answer a;
        a.accepted = (*found)->accepted;
        a.variables = std::move((*found)->variables);
        if ((*found)->secrets) {
            auto keys = around_.unlock();
            if (!keys) return keys.error();
            auto opened =
                open_answer(**keys, store::answer_owner(request_.run.id, request_.attempt, static_cast<int>(action)),
                            *(*found)->secrets);
            if (!opened) return opened.error();
            a.secrets = std::move(*opened);
        }
        auto user = around_.store.user((*found)->actor);
        a.by = user ? user->email : "user " + std::to_string((*found)->actor.value());
        return std::optional(std::move(a));
    }

    // Once, not once an action.
    void say_what_this_machine_leaves_out() {
        for (const std::string& note : request_.notes) push(event_kind::warning, status::in_progress, note);
        if (std::string why = why_everything_changed(request_.run.source.changes, *request_.definition.pipeline);
            !why.empty())
            push(event_kind::warning, status::in_progress, std::move(why));
        const bool host = request_.run.source.backend == "host" || request_.run.source.backend == "sandbox";
        bool images = false;
        bool setup = false;
        bool services = false;
        for (const pipelines::planned_action& p : request_.compiled.plan.actions) {
            images = images || (p.may_run && !p.definition->image.empty());
            services = services || (p.may_run && !pipelines::services_of(*p.definition).empty());
            setup = setup || (p.may_run && !p.definition->setup_commands.empty());
        }
        if (images && host)
            push(event_kind::warning, status::in_progress,
                 "actions run on this machine: the images they name are not used");
        if (services && host)
            push(event_kind::warning, status::in_progress, "services run beside containers: none is started");
        if (has_variable_files(request_.compiled.plan))
            push(event_kind::warning, status::in_progress,
                 "FILE and SSH_KEY variables hold paths of private files: on this machine nothing lies at their "
                 "file_path");
        if (names_a_machine(request_.compiled.plan))
            push(event_kind::warning, status::in_progress,
                 "distribution: actions of a virtual machine run on this machine, whatever distribution they name");
        if (setup && (host || !images))
            push(event_kind::warning, status::in_progress,
                 "setup_commands prepare an image: on this machine they are not executed");
    }

    const surroundings& around_;
    const attempt_request& request_;
    run_options& options_;
    asio::any_io_executor executor_;
    asio::thread_pool pool_{1};
    asio::signal_set signals_;
    async::task_group helpers_;
    journal journal_;
    access access_;
    std::unique_ptr<run_driver> driver_;
    asio::cancellation_signal settling_;
    const std::function<void(std::string)> tell_people_ = [this](std::string text) {
        push(event_kind::warning, status::enqueued, std::move(text));
    };
    bool cancelled_ = false;
};

}  // namespace

result<finished_attempt> run_attempt(const surroundings& around, const attempt_request& request, run_options& options,
                                     signal_hold& hold) {
    asio::io_context loop(1);
    std::optional<result<finished_attempt>> done;
    std::exception_ptr error;
    attempt_work work(loop, around, request, options);
    hold.release();
    constexpr auto keep = [](attempt_work& w, std::optional<result<finished_attempt>>& into) -> async::task<> {
        into = co_await w.run();
    };
    asio::co_spawn(loop, keep(work, done), [&error](const std::exception_ptr& e) { error = e; });
    loop.run();
    if (error) std::rethrow_exception(error);
    return std::move(*done);
}

}  // namespace latchkey::run
