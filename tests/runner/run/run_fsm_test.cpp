// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_fsm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

namespace {

using latchkey::pipelines::trigger_time;
using latchkey::run::action_shape;
using latchkey::run::command;
using latchkey::run::command_kind;
using latchkey::run::run_fsm;
using latchkey::run::run_shape;
using latchkey::run::status;

action_shape in_stage(std::uint32_t stage, trigger_time when = trigger_time::on_every_execution) {
    action_shape a;
    a.stage = stage;
    a.when = when;
    return a;
}

// Performs a run at once: each started action ends as `outcome` says. Returns the actions in the order of their
// starts.
template <class Outcome>
std::vector<std::uint32_t> perform(run_fsm& fsm, Outcome outcome) {
    std::vector<std::uint32_t> started;
    std::vector<command> todo;
    fsm.begin(todo);
    while (!todo.empty()) {
        std::vector<command> next;
        for (const command& c : todo) {
            if (c.kind == command_kind::start) {
                started.push_back(c.action);
                fsm.ended(c.action, outcome(c), next);
            } else if (c.kind == command_kind::retry_in) {
                fsm.retry_due(c.action, next);
            }
        }
        todo = std::move(next);
    }
    return started;
}

bool always(const command&) {
    return true;
}

}  // namespace

TEST_SUITE("run.run_fsm") {
    TEST_CASE("successful: every action of every stage has run, in order") {
        run_fsm fsm({{in_stage(0), in_stage(1), in_stage(2)}, 4, false});
        CHECK(perform(fsm, always) == std::vector<std::uint32_t>{0, 1, 2});
        CHECK(fsm.finished());
        CHECK_FALSE(fsm.failed());
        CHECK(fsm.status_of(2) == status::successful);
    }

    TEST_CASE("failed: what comes after is not executed, and ON_FAILURE runs") {
        run_fsm fsm({{in_stage(0), in_stage(1), in_stage(2), in_stage(3, trigger_time::on_failure),
                      in_stage(4, trigger_time::on_success)},
                     1,
                     false});
        CHECK(perform(fsm, [](const command& c) { return c.action != 1; }) == std::vector<std::uint32_t>{0, 1, 3});
        CHECK(fsm.failed());
        CHECK(fsm.status_of(1) == status::failed);
        CHECK(fsm.status_of(2) == status::not_executed);
        CHECK(fsm.status_of(4) == status::not_executed);
    }

    TEST_CASE("successful with a warning: the error of an action is ignored, and ON_WARNING runs") {
        auto shaky = in_stage(0);
        shaky.ignore_errors = true;
        run_fsm fsm({{shaky, in_stage(1), in_stage(2, trigger_time::on_warning)}, 1, false});
        CHECK(perform(fsm, [](const command& c) { return c.action != 0; }) == std::vector<std::uint32_t>{0, 1, 2});
        CHECK_FALSE(fsm.failed());
        CHECK(fsm.status_of(0) == status::failed);
    }

    TEST_CASE("closing actions: back to success and the first failure look at the run before") {
        auto first = in_stage(1, trigger_time::on_failure);
        first.only_on_first_failure = true;
        const std::vector<action_shape> actions = {in_stage(0), first, in_stage(2, trigger_time::on_back_to_success)};
        for (const bool previous_failed : {false, true})
            for (const bool succeeds : {false, true}) {
                run_fsm fsm({actions, 1, previous_failed});
                const auto started = perform(fsm, [&](const command&) { return succeeds; });
                const bool closing = succeeds ? previous_failed : !previous_failed;
                CHECK_EQ(started.size(), closing ? 2 : 1);
            }
    }

    TEST_CASE("closing actions are settled when the first begins: one that fails keeps none of the others") {
        run_fsm fsm({{in_stage(0), in_stage(1, trigger_time::on_success), in_stage(2, trigger_time::on_failure),
                      in_stage(3, trigger_time::on_success)},
                     1,
                     false});
        CHECK(perform(fsm, [](const command& c) { return c.action != 1; }) == std::vector<std::uint32_t>{0, 1, 3});
        CHECK(fsm.failed());
    }

    TEST_CASE("in hard parallel: started together, whatever the number of jobs") {
        action_shape joined = in_stage(0);
        joined.beside_previous = true;
        run_fsm fsm({{in_stage(0), joined, joined, in_stage(0), in_stage(1)}, 1, false});
        std::vector<command> out;
        fsm.begin(out);
        const auto start = [](std::uint32_t action) {
            return command{command_kind::start, action, 1, status::in_progress};
        };
        CHECK(out == std::vector<command>{start(0), start(1), start(2)});
        out.clear();
        fsm.ended(0, true, out);
        fsm.ended(1, true, out);
        CHECK(out.empty());
        fsm.ended(2, true, out);
        CHECK(out == std::vector<command>{start(3)});
    }

    TEST_CASE("waits for an approval: who is told is told one after another, each time") {
        run_fsm fsm({{in_stage(0), in_stage(1, trigger_time::on_wait_for_approve),
                      in_stage(2, trigger_time::on_wait_for_approve), in_stage(3), in_stage(4)},
                     1,
                     false});
        std::vector<command> out;
        const auto does = [&out](std::vector<command> wanted) {
            const bool same = out == wanted;
            out.clear();
            return same;
        };
        const auto start = [](std::uint32_t action) {
            return command{command_kind::start, action, 1, status::in_progress};
        };
        fsm.begin(out);
        CHECK(does({start(0)}));
        fsm.waits(out);
        CHECK(does({start(1)}));  // beside the one that waits, with one job
        fsm.waits(out);           // another approval meanwhile
        fsm.ended(1, true, out);
        CHECK(does({start(2)}));
        fsm.ended(0, true, out);
        CHECK(does({}));  // the next stage waits for them
        fsm.skipped(2, out);
        CHECK(does({start(1)}));
        fsm.ended(1, true, out);
        CHECK(does({start(2)}));
        fsm.ended(2, true, out);
        CHECK(does({start(3)}));
        fsm.waits(out);
        CHECK(does({start(1)}));
        fsm.cancel(out);
        CHECK(out.size() == 2);
        out.clear();
        fsm.ended(1, false, out);
        fsm.ended(3, false, out);
        CHECK(does({command{command_kind::finish, 0, 0, status::terminated}}));
        CHECK(fsm.status_of(4) == status::not_executed);
    }

    TEST_CASE("retried: an action that fails is tried again, then fails") {
        auto shaky = in_stage(0);
        shaky.retry_count = 2;
        shaky.retry_interval = 30;
        run_fsm fsm({{shaky}, 1, false});
        std::vector<command> out;
        fsm.begin(out);
        fsm.ended(0, false, out);
        CHECK(out.back() == command{command_kind::retry_in, 0, 30, status::in_progress});
        fsm.retry_due(0, out);
        CHECK(out.back() == command{command_kind::start, 0, 2, status::in_progress});
        fsm.ended(0, false, out);
        fsm.retry_due(0, out);
        fsm.ended(0, false, out);
        CHECK(out.back() == command{command_kind::finish, 0, 0, status::failed});
    }

    TEST_CASE("carried: what succeeded before is not executed again") {
        auto done = in_stage(0);
        done.carried = true;
        auto out_of_it = in_stage(2);
        out_of_it.left_out = true;
        run_fsm fsm({{done, in_stage(1), out_of_it}, 1, false});
        CHECK(perform(fsm, always) == std::vector<std::uint32_t>{1});
        CHECK(fsm.status_of(0) == status::successful);
        CHECK(fsm.status_of(2) == status::not_executed);
    }

    TEST_CASE("terminated: cancel stops what runs, starts nothing but ON_TERMINATE") {
        run_fsm fsm({{in_stage(0), in_stage(0), in_stage(1), in_stage(2, trigger_time::on_terminate)}, 2, false});
        std::vector<command> out;
        fsm.begin(out);
        out.clear();
        fsm.cancel(out);
        REQUIRE_EQ(out.size(), 2);
        CHECK(out[0].kind == command_kind::stop);
        out.clear();
        fsm.ended(0, true, out);  // it succeeded a moment before the signal: cancelled all the same
        fsm.ended(1, false, out);
        REQUIRE_EQ(out.size(), 1);
        CHECK(out[0] == command{command_kind::start, 3, 1, status::in_progress});
        out.clear();
        fsm.ended(3, true, out);
        CHECK(out.back() == command{command_kind::finish, 0, 0, status::terminated});
        CHECK(fsm.status_of(0) == status::terminated);
        CHECK(fsm.status_of(2) == status::not_executed);
    }

    TEST_CASE("finished at once: there is nothing to run, or it was cancelled before it began") {
        run_fsm empty({{}, 1, false});
        std::vector<command> out;
        empty.begin(out);
        CHECK(out == std::vector<command>{{command_kind::finish, 0, 0, status::successful}});
        run_fsm cancelled({{in_stage(0)}, 1, false});
        out.clear();
        cancelled.cancel(out);
        CHECK(out == std::vector<command>{{command_kind::finish, 0, 0, status::terminated}});
        out.clear();
        cancelled.begin(out);
        cancelled.ended(0, true, out);
        CHECK(out.empty());
    }

    TEST_CASE("laws hold: random plans and random events") {
        const unsigned first_seed = 20261123;
        for (unsigned seed = first_seed; seed < first_seed + 4000; ++seed) {
            CAPTURE(seed);
            std::mt19937 random(seed);
            const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
            run_shape shape;
            shape.jobs = static_cast<int>(1 + pick(4));
            shape.previous_failed = pick(2) == 0;
            std::uint32_t stage = 0;
            for (unsigned i = pick(12); i > 0; --i) {
                action_shape a = in_stage(stage, static_cast<trigger_time>(pick(3) != 0 ? 0 : pick(7)));
                a.ignore_errors = pick(5) == 0;
                a.retry_count = pick(4) == 0 ? static_cast<int>(pick(3)) : 0;
                a.carried = a.when == trigger_time::on_every_execution && pick(6) == 0;
                a.left_out = !a.carried && pick(8) == 0;
                a.only_on_first_failure = pick(2) == 0;
                a.beside_previous = pick(5) == 0;
                shape.actions.push_back(a);
                if (pick(2) == 0) ++stage;
            }
            run_fsm fsm(shape);
            run_fsm replay(shape);
            std::set<std::uint32_t> running;
            std::set<std::uint32_t> waiting;
            std::vector<int> tries(shape.actions.size());
            bool cancelled = false;
            int finishes = 0;
            std::vector<command> out;
            std::vector<command> again;
            const auto observe = [&] {
                REQUIRE(out == again);  // the same events give the same commands
                for (const command& c : out) {
                    REQUIRE_EQ(finishes, 0);
                    if (c.kind == command_kind::start) {
                        const action_shape& a = shape.actions[c.action];
                        REQUIRE_FALSE(a.carried);
                        REQUIRE_FALSE(a.left_out);
                        // Once a try: it does not run already, and each try has its number.
                        REQUIRE(running.insert(c.action).second);
                        REQUIRE_EQ(c.number, ++tries[c.action]);
                        REQUIRE_LE(tries[c.action], a.retry_count + 1);
                        // Only one that has to run beside the one before goes beyond the jobs.
                        REQUIRE((running.size() + waiting.size() <= static_cast<std::size_t>(shape.jobs) ||
                                 c.number > 1 ||
                                 (a.beside_previous &&
                                  (running.contains(c.action - 1) || waiting.contains(c.action - 1)))));
                        for (const std::uint32_t other : running) REQUIRE_EQ(shape.actions[other].stage, a.stage);
                        if (cancelled) REQUIRE(a.when == trigger_time::on_terminate);
                    } else if (c.kind == command_kind::retry_in) {
                        waiting.insert(c.action);
                    } else if (c.kind == command_kind::finish) {
                        ++finishes;
                        REQUIRE(running.empty());
                        REQUIRE((c.status == status::terminated) == cancelled);
                    }
                }
                out.clear();
                again.clear();
            };
            fsm.begin(out);
            replay.begin(again);
            observe();
            for (int step = 0; step < 1000 && !fsm.finished(); ++step) {
                const unsigned kind = pick(20);
                if (kind == 0) {
                    cancelled = true;
                    waiting.clear();
                    fsm.cancel(out);
                    replay.cancel(again);
                } else if (!waiting.empty() && kind < 8) {
                    const std::uint32_t a = *waiting.begin();
                    waiting.erase(a);
                    fsm.retry_due(a, out);
                    replay.retry_due(a, again);
                } else if (!running.empty()) {
                    const std::uint32_t a = *std::next(running.begin(), pick(static_cast<unsigned>(running.size())));
                    running.erase(a);
                    if (kind < 10) {
                        fsm.skipped(a, out);
                        replay.skipped(a, again);
                        if (fsm.status_of(a) == status::terminating) {  // it is being stopped: only its end counts
                            fsm.ended(a, false, out);
                            replay.ended(a, false, again);
                        }
                    } else {
                        const bool success = pick(3) != 0;
                        fsm.ended(a, success, out);
                        replay.ended(a, success, again);
                    }
                } else {
                    // Nonsense changes nothing.
                    if (!shape.actions.empty()) {
                        const std::uint32_t a = pick(static_cast<unsigned>(shape.actions.size()));
                        if (!waiting.contains(a)) {
                            fsm.ended(a, true, out);
                            replay.ended(a, true, again);
                            fsm.retry_due(a, out);
                            replay.retry_due(a, again);
                            REQUIRE(out.empty());
                        }
                    }
                }
                observe();
            }
            REQUIRE(fsm.finished());  // every run ends
            REQUIRE_EQ(finishes, 1);
            for (std::uint32_t i = 0; i < shape.actions.size(); ++i) REQUIRE(latchkey::run::ended(fsm.status_of(i)));
        }
    }
}
