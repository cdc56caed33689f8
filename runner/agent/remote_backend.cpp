// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/remote_backend.hpp"

#include "runner/async/offload.hpp"
#include "runner/async/uncancelled.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey::agent {

namespace {

namespace asio = boost::asio;
using phase = assignment::phase;
using action_phase = ordered_action::phase;

std::string in_words(const store::agent_wish& w) {
    std::string text = w.pool.empty() ? "" : "of the pool or name " + w.pool;
    for (const std::string& tag : w.tags) text += (text.empty() ? "with the tag " : ", the tag ") + tag;
    if (!w.cpu.empty()) text += (text.empty() ? "with the processor " : ", the processor ") + w.cpu;
    return text;
}

// What both halves share. Outlives the backend while an execution does.
struct attempt {
    attempt(const asio::any_io_executor& executor, exchange& to)
        : with(to), waker(std::make_shared<async::waker>(executor)) {}
    ~attempt() { waker->detach(); }

    exchange& with;
    std::shared_ptr<async::waker> waker;
    std::shared_ptr<assignment> held;  // as long as an execution is there to ask it
    bool released = false;
};

class remote_execution : public exec::execution {
public:
    remote_execution(std::shared_ptr<attempt> of, std::int64_t number) : of_(std::move(of)), number_(number) {}

    ~remote_execution() override {
        bool runs = false;
        {
            const std::lock_guard lock(held().mutex);
            runs = held().at == phase::ready && action().at != action_phase::ended;
            action().abandoned = true;
            action().output.clear();
            held().moved.notify_all();  // whoever waits for room brings it for nobody
        }
        if (runs) kill();
    }

    async::task<result<std::size_t>> read(asio::mutable_buffer to) override {
        for (;;) {
            {
                const std::lock_guard lock(held().mutex);
                ordered_action& a = action();
                if (!a.output.empty()) {
                    const std::size_t n = std::min(to.size(), a.output.size());
                    std::memcpy(to.data(), a.output.data(), n);
                    a.output.erase(0, n);
                    held().moved.notify_all();
                    co_return n;
                }
                // What a lost agent still had is lost with it.
                if (a.at == action_phase::ended || held().at != phase::ready) co_return std::size_t{0};
            }
            if (co_await async::cancelled()) co_return failure(errc::cancelled, "reading was cancelled");
            co_await of_->waker->wait();
        }
    }

    async::task<result<exec::exit_status>> wait() override {
        for (;;) {
            {
                const std::lock_guard lock(held().mutex);
                if (!action().failed.empty()) co_return failure(errc::engine, action().failed);
                if (action().at == action_phase::ended) co_return action().status;
                if (held().at != phase::ready) co_return failure(errc::engine, held().why);
            }
            if (co_await async::cancelled())
                co_return failure(errc::cancelled, "waiting for an action was cancelled");
            co_await of_->waker->wait();
        }
    }

    std::string exported() override {
        const std::lock_guard lock(held().mutex);
        return std::move(action().exported);
    }
    void terminate() override { of_->with.tell(held(), "terminate", number_); }
    void kill() override { of_->with.tell(held(), "kill", number_); }

private:
    assignment& held() { return *of_->held; }
    ordered_action& action() { return held().actions.at(number_); }

    std::shared_ptr<attempt> of_;
    const std::int64_t number_;
};

class remote_backend : public exec::backend {
public:
    remote_backend(asio::any_io_executor executor, exchange& with, remote_options o)
        : executor_(std::move(executor)), options_(std::move(o)), of_(std::make_shared<attempt>(executor_, with)) {}

    ~remote_backend() override {
        if (of_->held && !of_->released) of_->with.release(of_->held);
    }

    std::string_view name() const override { return "agent"; }
    exec::isolation isolation() const override {
        return {true, true, "what an agent really isolates, it says itself"};
    }

    async::task<result<std::optional<exec::workplace>>> settle() override {
        using settled = std::optional<exec::workplace>;
        exchange& with = of_->with;
        auto asked = co_await async::uncancelled(async::offload(
            with.pool(), [this, &with] { return with.ask_for(options_.work, options_.order, of_->waker); }));
        if (!asked) co_return asked.error();
        of_->held = std::move(*asked);
        if (options_.tell && !with.is_anybody_there(options_.work.wish))
            options_.tell("it waits for an agent " + in_words(options_.work.wish) + ": none that can do it is there");
        assignment& held = *of_->held;
        for (;;) {
            {
                const std::lock_guard lock(held.mutex);
                if (held.at == phase::ready) {
                    held.in_use = true;
                    if (options_.tell)
                        for (const std::string& note : held.notes) options_.tell(note);
                    co_return settled(held.place);
                }
                if (held.at == phase::lost) co_return failure(errc::engine, held.why);
            }
            if (co_await async::cancelled()) co_return failure(errc::cancelled, "waiting for an agent was cancelled");
            co_await of_->waker->wait();
        }
    }

    async::task<result<std::unique_ptr<exec::execution>>> start(exec::request r) override {
        assignment& held = *of_->held;
        {
            const std::lock_guard lock(held.mutex);
            if (held.at != phase::ready) co_return failure(errc::engine, held.why);
        }
        const std::int64_t number = of_->with.order(held, form_of(r), r.label);
        // What is ordered ends, or is killed by this.
        auto execution = std::make_unique<remote_execution>(of_, number);
        for (;;) {
            bool wants_secrets = false;
            {
                const std::lock_guard lock(held.mutex);
                const ordered_action& a = held.actions.at(number);
                if (held.at != phase::ready) co_return failure(errc::engine, held.why);
                if (!a.not_started.empty()) co_return failure(errc::engine, a.not_started);
                if (a.at == action_phase::started || a.at == action_phase::ended) break;
                wants_secrets = a.at == action_phase::asked;
            }
            if (co_await async::cancelled()) co_return co_await async::uncancelled(give_up(number));
            if (!wants_secrets) {
                co_await of_->waker->wait();
                continue;
            }
            if (auto given = co_await deliver(number, r); !given) co_return given.error();
        }
        co_return execution;
    }

    async::task<> close() override {
        if (!of_->held || of_->released) co_return;
        of_->released = true;
        co_await async::offload(of_->with.pool(), [this] {
            of_->with.release(of_->held);
            return true;
        });
    }

private:
    // Decides once more, and seals what the action may have for its agent.
    async::task<result<void>> deliver(std::int64_t number, const exec::request& r) {
        auto may = r.confirm ? co_await r.confirm() : result<void>();
        assignment& held = *of_->held;
        std::optional<std::string> sealed;
        if (may) {
            std::string plain = secrets_of(r);
            sealed = vault::seal_for(held.agent.sealing_key, plain);
            vault::wipe(plain);
            if (!sealed) may = failure(errc::engine, "the key of the agent " + held.agent.name + " is none");
        }
        const std::lock_guard lock(held.mutex);
        ordered_action& a = held.actions.at(number);
        a.at = may ? action_phase::delivered : action_phase::refused;
        if (sealed) a.sealed = std::move(*sealed);
        held.moved.notify_all();
        co_return may;
    }

    // It was cancelled while it was being started: nothing of it may be left. Without its secrets it can't start, so
    // an agent that has not been given them is not waited for.
    async::task<result<std::unique_ptr<exec::execution>>> give_up(std::int64_t number) {
        assignment& held = *of_->held;
        {
            const std::lock_guard lock(held.mutex);
            ordered_action& a = held.actions.at(number);
            if (a.at == action_phase::ordered || a.at == action_phase::asked) a.at = action_phase::refused;
            held.moved.notify_all();
        }
        of_->with.tell(held, "kill", number);
        for (;;) {
            {
                const std::lock_guard lock(held.mutex);
                const ordered_action& a = held.actions.at(number);
                if (held.at != phase::ready || !a.not_started.empty() || a.at == action_phase::ended ||
                    a.at == action_phase::refused)
                    break;
            }
            co_await of_->waker->wait();
        }
        co_return failure(errc::cancelled, "starting an action was cancelled");
    }

    asio::any_io_executor executor_;
    remote_options options_;
    std::shared_ptr<attempt> of_;
};

}  // namespace

std::unique_ptr<exec::backend> make_remote_backend(asio::any_io_executor executor, exchange& with, remote_options o) {
    return std::make_unique<remote_backend>(std::move(executor), with, std::move(o));
}

}  // namespace latchkey::agent
