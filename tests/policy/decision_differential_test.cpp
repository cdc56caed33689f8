// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.hpp"
#include "policy/trial.hpp"
#include "tests/policy/decision_spec.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

using namespace latchkey::policy;
namespace spec = latchkey::test::spec;

namespace {

snapshot snapshot_of(const spec::world& w) {
    snapshot_builder b{revision(1)};
    for (const auto& f : w.integrations) b.add(f);
    for (const auto& f : w.pipelines) b.add(f);
    for (const auto& f : w.users) b.add(f);
    for (const auto& f : w.grants) b.add(f);
    for (const auto& f : w.members) b.add(f);
    return std::move(b).build();
}

const level levels[] = {level::denied, level::delete_only, level::use_only, level::manage};
const std::string refs[] = {"refs/heads/main", "refs/heads/dev", "refs/tags/main", "refs/pull/1", ""};
const ref_type types[] = {ref_type::branch, ref_type::branch, ref_type::tag, ref_type::pull_request, ref_type::none};
const std::string patterns[] = {"", "refs/heads/main", "refs/heads/*", "refs/tags/*", "*"};

struct generator {
    std::mt19937 random;
    int pick(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
    level any_level() { return levels[pick(4)]; }
    time_point any_time() { return time_point(std::chrono::milliseconds(pick(4))); }

    spec::world world() {
        spec::world w;
        for (int n = 1; n <= 2; ++n) {
            user u;
            u.id = user_id(n);
            u.role = static_cast<workspace_role>(pick(3) == 0 ? 1 + pick(2) : 0);
            for (int g = 1; g <= 2; ++g)
                if (pick(2) == 0) u.groups.push_back(group_id(g));
            w.users.push_back(u);
            pipeline p;
            p.id = pipeline_id(n);
            p.project = project_id(1 + pick(2));
            p.others = pick(2) == 0 ? pipeline_level::project_role : static_cast<pipeline_level>(1 + pick(4));
            if (pick(3) == 0) p.users.push_back({user_id(1 + pick(2)), static_cast<pipeline_level>(pick(5))});
            if (pick(3) == 0) p.groups.push_back({group_id(1 + pick(2)), static_cast<pipeline_level>(pick(5))});
            w.pipelines.push_back(p);
            integration i;
            i.id = integration_id(n);
            i.scope = static_cast<scope>(pick(2));
            i.project = project_id(1 + pick(2));
            i.all_pipelines_allowed = pick(4) == 0;
            i.admins = any_level();
            i.others = any_level();
            i.demanded_to_grant = pick(2) == 0 ? level::use_only : level::manage;
            if (pick(2) == 0) i.users.push_back({user_id(1 + pick(2)), any_level()});
            for (int g = 1; g <= 2; ++g)
                if (pick(2) == 0) i.groups.push_back({group_id(g), any_level()});
            w.integrations.push_back(i);
        }
        for (int n = pick(4); n > 0; --n) {
            grant g;
            g.id = grant_id(n);
            g.integration = integration_id(1 + pick(2));
            g.pipeline = pipeline_id(1 + pick(2));
            if (pick(3) == 0) g.expires = any_time();
            if (pick(3) == 0) g.ref_pattern = patterns[pick(5)];
            if (pick(3) == 0) g.only_run = run_id(1 + pick(2));
            w.grants.push_back(g);
        }
        for (int n = pick(3); n > 0; --n)
            w.members.push_back({project_id(1 + pick(2)), pick(2) == 0 ? user_id(1 + pick(2)) : user_id(),
                                 group_id(1 + pick(2)), static_cast<pipeline_level>(pick(5))});
        return w;
    }

    use_request request() {
        use_request r;
        r.pipeline = pipeline_id(1 + pick(3));  // the third does not exist
        r.integration = integration_id(1 + pick(3));
        r.run = run_id(1 + pick(2));
        const int which = pick(5);
        r.ref = {types[which], refs[which]};
        r.source = pick(4) == 0 ? source_trust::fork : source_trust::trusted;
        r.fork_approved_by = user_id(pick(4));
        r.now = any_time();
        return r;
    }
};

int worlds() {
    const char* wanted = std::getenv("LATCHKEY_WORLDS");
    return wanted != nullptr ? std::atoi(wanted) : 20'000;
}

}  // namespace

TEST_SUITE("policy.decision differential") {
    TEST_CASE("equal to the spec: random worlds") {
        const unsigned first = 20261123;
        const unsigned count = static_cast<unsigned>(worlds());
        unsigned allowed = 0;
        for (unsigned seed = first; seed < first + count; ++seed) {
            generator g{std::mt19937(seed)};
            const spec::world w = g.world();
            const snapshot s = snapshot_of(w);
            const use_request r = g.request();
            const decision d = decide(s, r);
            const bool expected = spec::may_use(w, r);
            allowed += expected ? 1U : 0U;
            bool same = d.allowed() == expected;
            // Explaining says the same, and exactly one considered rule settles a decision that names one.
            const explanation e = explain(s, r, user_id(1));
            same = same && e.decision.verdict() == d.verdict();
            int settled = 0;
            for (const considered& c : e.rules) settled += c.settled ? 1 : 0;
            same = same && settled == 1;
            for (int u = 1; u <= 2; ++u) {
                const user_id user(u);
                same = same && level_of(s, user, r.integration) == spec::level_of(w, user, r.integration);
                const bool tries = decide(s, trial_request{decision_id(1), user, r.integration}).allowed();
                same = same && tries == (spec::level_of(w, user, r.integration) >= level::use_only);
                const bool may_run = access_to(s, user, r.pipeline) >= pipeline_level::run_only;
                const bool sees = may_see(s, user, r.integration);
                const bool grants = may_grant(s, user, r.integration, r.pipeline) == grant_refusal::none;
                same = same && grants == (sees && spec::may_grant(w, user, r.integration, r.pipeline, may_run));
                // The list of those who can grant agrees with asking for each, and is hidden from who may not see it.
                const auto able = who_can_grant(s, user, r.integration, r.pipeline);
                const bool named =
                    std::any_of(able.begin(), able.end(), [&](const grantor& x) { return x.user == user; });
                same = same && named == grants && (sees || able.empty()) && (!named || able.front().user == user);
            }
            if (!same) {
                FAIL_CHECK("differs in the world of seed " << seed << ": " << to_string(d.verdict()));
                break;
            }
        }
        MESSAGE(count << " worlds, " << allowed << " allowed");
        CHECK_GT(allowed, count / 20);  // both answers are tested
        CHECK_LT(allowed, count / 2 + count / 4);
    }

    TEST_CASE("equal to the spec: the whole small domain of levels, rows and roles") {
        // Every day two values of the second group's row; all of them together with the million worlds.
        const int step = worlds() >= 1'000'000 ? 1 : 4;
        std::size_t compared = 0;
        for (const level admins : levels)
            for (const level others : levels)
                for (int own = 0; own <= 4; ++own)
                    for (int group = 0; group <= 4; ++group)
                        for (int second_group = 0; second_group <= 4; second_group += step)
                            for (int role = 0; role < 3; ++role)
                                for (int groups = 0; groups < 4; ++groups)
                                    for (const scope sc : {scope::workspace, scope::project})
                                        for (int list = 0; list < 4; ++list) {
                                            spec::world w;
                                            user u;
                                            u.id = user_id(1);
                                            u.role = static_cast<workspace_role>(role);
                                            if ((groups & 1) != 0) u.groups.push_back(group_id(1));
                                            if ((groups & 2) != 0) u.groups.push_back(group_id(2));
                                            w.users = {u};
                                            pipeline p;
                                            p.id = pipeline_id(1);
                                            p.project = project_id(1);
                                            p.others = pipeline_level::run_only;
                                            w.pipelines = {p};
                                            integration i;
                                            i.id = integration_id(1);
                                            i.scope = sc;
                                            i.project = project_id(list % 2 + 1);
                                            i.admins = admins;
                                            i.others = others;
                                            i.all_pipelines_allowed = list == 3;
                                            if (own < 4) i.users.push_back({user_id(1), levels[own]});
                                            if (group < 4) i.groups.push_back({group_id(1), levels[group]});
                                            if (second_group < 4)
                                                i.groups.push_back({group_id(2), levels[second_group]});
                                            w.integrations = {i};
                                            if (list > 0)
                                                w.grants.push_back({grant_id(1),
                                                                    i.id,
                                                                    pipeline_id(list == 1 ? 1 : 2),
                                                                    {},
                                                                    {},
                                                                    {},
                                                                    {},
                                                                    "",
                                                                    {}});
                                            const snapshot s = snapshot_of(w);
                                            use_request r;
                                            r.integration = i.id;
                                            r.pipeline = p.id;
                                            r.source = source_trust::fork;
                                            r.fork_approved_by = u.id;
                                            const bool same =
                                                level_of(s, u.id, i.id) == spec::level_of(w, u.id, i.id) &&
                                                decide(s, r).allowed() == spec::may_use(w, r);
                                            if (!same)
                                                FAIL("differs: admins " << static_cast<int>(admins) << " others "
                                                                        << static_cast<int>(others) << " own " << own
                                                                        << " groups " << group << second_group
                                                                        << groups << " role " << role);
                                            ++compared;
                                        }
        CHECK_EQ(compared, 4UL * 4 * 5 * 5 * (step == 1 ? 5 : 2) * 3 * 4 * 2 * 4);
    }
}
