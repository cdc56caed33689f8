// SPDX-License-Identifier: Apache-2.0
//
// How many policy decisions a second one core takes, by the number of grants: 10,000 users, 1,000 groups, 10,000
// integrations and as many pipelines, asked in random order, half of the pairs granted.
#include "policy/decision.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace latchkey::policy;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(int grants) {
    constexpr int many = 10'000;
    std::mt19937 random(20261123);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)) + 1; };
    const auto building = std::chrono::steady_clock::now();
    snapshot_builder b{revision(1)};
    for (int i = 1; i <= many; ++i) {
        user u;
        u.id = user_id(i);
        for (int g = 0; g < 5; ++g) u.groups.push_back(group_id(pick(1000)));
        b.add(u);
        integration x;
        x.id = integration_id(i);
        x.scope = i % 2 == 0 ? scope::project : scope::workspace;
        x.project = project_id(1);
        b.add(x);
        pipeline p;
        p.id = pipeline_id(i);
        p.project = project_id(1);
        b.add(p);
    }
    std::vector<use_request> asked;
    for (int i = 1; i <= grants; ++i) {
        grant g;
        g.id = grant_id(i);
        g.integration = integration_id(pick(many));
        g.pipeline = pipeline_id(pick(many));
        if (i % 10 == 0) g.expires = time_point(std::chrono::milliseconds(i % 20 == 0 ? 2000 : 0));
        use_request r;
        r.integration = g.integration;
        r.pipeline = i % 2 == 0 ? g.pipeline : pipeline_id(pick(many));
        r.source = source_trust::trusted;
        r.now = time_point(std::chrono::milliseconds(1000));
        asked.push_back(r);
        b.add(std::move(g));
    }
    const snapshot s = std::move(b).build();
    const double built = seconds_since(building);
    std::shuffle(asked.begin(), asked.end(), random);
    const std::size_t total = 5'000'000;
    double best = 1e9;
    std::size_t allowed = 0;
    for (int round = 0; round < 3; ++round) {
        allowed = 0;
        std::size_t at = 0;
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < total; ++i) {
            allowed += decide(s, asked[at]).allowed() ? 1U : 0U;
            if (++at == asked.size()) at = 0;
        }
        best = std::min(best, seconds_since(start));
    }
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "  %9d grants: %6.1f M decisions/s, %6.1f ns each (%zu %% allowed); snapshot built in %.2f s, peak %ld MB\n",
        grants, static_cast<double>(total) / best / 1e6, best / static_cast<double>(total) * 1e9,
        allowed * 100 / total, built, usage.ru_maxrss / 1024);
}

}  // namespace

int main() {
    for (const int grants : {10'000, 100'000, 1'000'000}) measure(grants);
    return 0;
}
