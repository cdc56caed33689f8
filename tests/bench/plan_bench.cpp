// SPDX-License-Identifier: Apache-2.0
// A plan's cost in time and memory, by the number of its actions, and what the first look into the catalogue costs.
#include "pipelines/catalogue.hpp"
#include "pipelines/parse.hpp"
#include "pipelines/plan.hpp"
#include "pipelines/variables.hpp"

#include <chrono>
#include <cstdio>
#include <malloc.h>

namespace {

using namespace latchkey::pipelines;
using microseconds = std::chrono::duration<double, std::micro>;
using steady = std::chrono::steady_clock;

std::string pipeline_of(int actions) {
    std::string text = "- pipeline: big\n  variables:\n  - {key: STAGE, value: production}\n  actions:\n";
    for (int i = 0; i < actions; ++i)
        text += "  - action: Step " + std::to_string(i) +
                "\n    type: BUILD\n    docker_image_name: library/node\n    execute_commands: [npm ci, npm test]\n"
                "    integration: registry\n    variables:\n    - {key: PART, value: part}\n"
                "    trigger_condition: VAR_IS\n    trigger_variable_key: STAGE\n"
                "    trigger_variable_value: production\n";
    return text;
}

void measure(int actions) {
    const source file("buddy.yml", pipeline_of(actions));
    const parsed read = parse(file);
    run_context context;
    context.builtins = builtins({});
    diagnostics problems;
    const std::size_t before = mallinfo2().uordblks;
    const auto start = steady::now();
    const plan made = compile(read.model.pipelines.front(), context, problems);
    const microseconds taken = steady::now() - start;
    const std::size_t held = mallinfo2().uordblks - before;
    std::printf("plan of %6d actions: %9.0f us, %5.2f us and %4zu bytes an action\n", actions, taken.count(),
                taken.count() / actions, held / made.actions.size());
}

}  // namespace

int main() {
    const auto start = steady::now();
    const bool known = find_action_type("BUILD") != nullptr && find_integration_type("AMAZON") != nullptr;
    const microseconds first = steady::now() - start;
    std::printf("first look at two types: %.0f us (%s)\n", first.count(), known ? "known" : "unknown");
    for (const int actions : {1, 10, 100, 1'000, 10'000}) measure(actions);
}
