// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image.hpp"
#include "tests/pipelines/plan_support.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>

using namespace latchkey::pipelines;
using namespace latchkey::pipelines::test;

TEST_SUITE("pipelines.plan") {
    TEST_CASE("one after another, or side by side with the next: stages") {
        const compiled plain("  actions:\n" + step("A") + step("B"));
        CHECK(plain.stages() == numbers{0, 1});
        CHECK(plain.made.stages == 2);
        const compiled parallel("  actions:\n" + step("A", "    run_next: IN_SOFT_PARALLEL\n") +
                                step("B", "    run_next: IN_HARD_PARALLEL\n") + step("C") + step("D"));
        CHECK(parallel.stages() == numbers{0, 0, 0, 1});
        const compiled last("  actions:\n" + step("A") + step("B", "    run_next_parallel: true\n"));
        CHECK(last.stages() == numbers{0, 1});
        CHECK(last.made.stages == 2);
    }

    TEST_CASE("skipped and without permission: what can't run") {
        const compiled some("  actions:\n" + step("Off", "    disabled: true\n    integration: one\n") +
                            step("Never",
                                 "    trigger_condition: VAR_IS\n    trigger_variable_key: X\n"
                                 "    trigger_variable_value: y\n    integration: two\n") +
                            step("On failure", "    trigger_time: ON_FAILURE\n    integration: three\n"));
        CHECK(some.made.actions[0].skipped_because == "it is disabled");
        CHECK(some.made.actions[1].skipped_because == "`X` is ``, not `y`");
        CHECK_FALSE(some.made.actions[0].may_run);
        CHECK_FALSE(some.made.actions[1].may_run);
        CHECK(some.made.actions[2].may_run);
        CHECK(some.used() == strings{"three"});
    }

    TEST_CASE("may still run and needs permission: what another action can change") {
        const std::string asks =
            "    trigger_condition: VAR_IS\n    trigger_variable_key: X\n    trigger_variable_value: y\n"
            "    integration: two\n";
        for (const std::string& first :
             {step("A", "    setup_commands: [export X=y]\n"),
              step("A", "    setup_commands: ['echo \"X=y\" >> f']\n"),
              step("A", "    setup_commands: ['cat f | read -r X']\n"),
              step("A", "    variables:\n    - {key: X, settable: true}\n"),
              std::string("  - action: Ask\n    type: WAIT_FOR_VARIABLES\n    variables:\n    - key: X\n")}) {
            CAPTURE(first);
            const compiled changed("  actions:\n" + first + step("B", asks));
            CHECK(changed.made.actions[1].may_run);
            CHECK_FALSE(changed.made.actions[1].skipped_because.empty());
            CHECK(changed.used() == strings{"two"});
        }
        const compiled fixed("  actions:\n" + step("A", "    setup_commands: [export XX=y]\n") + step("B", asks));
        CHECK_FALSE(fixed.made.actions[1].may_run);
        const compiled status("  actions:\n" + step("A") +
                              step("B",
                                   "    trigger_condition: ACTION_STATUS_IS\n    trigger_action_name: A\n"
                                   "    trigger_status: FAILED\n    integration: two\n"));
        CHECK(status.made.actions[1].may_run);
    }

    TEST_CASE("an action's own variables: seen by its conditions, by no other's") {
        const std::string asks =
            "    trigger_condition: VAR_IS\n    trigger_variable_key: X\n    trigger_variable_value: y\n";
        const compiled own("  variables:\n  - {key: X, value: n}\n  actions:\n" +
                           step("A", asks + "    variables:\n    - {key: X, value: y}\n") + step("B", asks) +
                           step("C", asks + "    variables:\n    - {key: X, value: y, encrypted: true}\n") +
                           step("D", asks));
        CHECK(own.made.actions[0].may_run);
        CHECK_FALSE(own.made.actions[1].may_run);
        CHECK_FALSE(own.made.actions[2].may_run);
        CHECK(own.made.actions[3].skipped_because == "`X` is `n`, not `y`");
    }

    TEST_CASE("nothing would run: a pipeline disabled or with an unmet condition") {
        const compiled off("  disabled: true\n  disabled_reason: holidays\n  actions:\n" +
                           step("A", "    integration: one\n"));
        CHECK(off.made.skipped_because == "it is disabled: `holidays`");
        CHECK(off.made.uses.empty());
        CHECK_FALSE(off.made.actions[0].may_run);
        run_context unchanged;
        unchanged.facts.changed_paths.emplace();
        const compiled same("  trigger_conditions:\n  - trigger_condition: ON_CHANGE\n  actions:\n" + step("A"),
                            unchanged);
        CHECK(same.made.skipped_because == "nothing was changed");
    }

    TEST_CASE("as a person reads it: a plan") {
        run_context context;
        context.facts.changed_paths = {{"README.md"}};
        const compiled shown("  variables:\n  - {key: node, value: '20,22'}\n  actions:\n" +
                                 step("Test", "    loop: [node]\n    run_next: IN_SOFT_PARALLEL\n") + step("Lint") +
                                 step("Publish 日本", "    integration: npm\n") +
                                 step("Tell",
                                      "    trigger_time: ON_FAILURE\n    integration_hash: abc\n"
                                      "    helm_integration: helm\n") +
                                 step("Old", "    disabled: true\n") +
                                 step("Docs",
                                      "    trigger_conditions:\n    - trigger_condition: ON_CHANGE_AT_PATH\n"
                                      "      trigger_condition_paths: [docs/]\n") +
                                 step("After",
                                      "    trigger_conditions:\n    - trigger_condition: ACTION_STATUS_IS\n"
                                      "      trigger_action_name: Lint\n      trigger_status: FAILED\n"),
                             context);
        CHECK(shown.problems.empty());
        CHECK_GOLDEN("pipelines/golden/plan/actions.txt", describe(shown.made, shown.file));
        const compiled off("  disabled: true\n  actions:\n" + step("A"));
        CHECK_GOLDEN("pipelines/golden/plan/disabled.txt", describe(off.made, off.file));
    }

    TEST_CASE("with its help: each fault of a plan") {
        const compiled faulty(
            "  variables:\n  - key: GONE\n  - {key: SEALED, value: 'secure!abc.def'}\n"
            "  - {key: GIVEN, value: '!encrypted a.b'}\n  actions:\n" +
                step("A", "    loop: [nobody]\n"),
            with_parameter("GIVEN", "x"));
        CHECK_GOLDEN("pipelines/golden/plan/faults.txt", render(faulty.file, faulty.problems));
    }

    TEST_CASE("in one line: a value that holds line ends and control characters") {
        const compiled odd("  loop: [v]\n  actions:\n" + step("A"), with_parameter("v", "x\n\x1b[31mred"));
        const std::string text = describe(odd.made, odd.file);
        CHECK(std::ranges::count(text, '\n') == 2);
        CHECK(text.find('\x1b') == std::string::npos);
    }

    TEST_CASE("name and tag: the image of an action") {
        const auto image = [](const std::string& fields, strings* unknown = nullptr) {
            const compiled one("  actions:\n" + step("A", fields));
            const variable_lookup values = [](std::string_view name) -> std::optional<std::string> {
                return name == "NODE" ? std::optional<std::string>("22") : std::nullopt;
            };
            return resolve_image(one.read.model.pipelines[0].actions[0], values, unknown);
        };
        CHECK(image("") == "");
        CHECK(image("    docker_image_name: library/node\n    docker_image_tag: $NODE\n") == "library/node:22");
        CHECK(image("    docker_image_name: library/node\n    docker_image_tag: 20.10\n") == "library/node:20.10");
        CHECK(image("    docker_image_name: node:18\n    docker_image_tag: 22\n") == "node:18");
        CHECK(image("    docker_image_name: 127.0.0.1:5000/node\n    docker_image_tag: 22\n") ==
              "127.0.0.1:5000/node:22");
        CHECK(image("    docker_image_name: node\n") == "node");
        strings unknown;
        CHECK(image("    docker_image_name: node\n    docker_image_tag: $GONE\n", &unknown) == "node");
        CHECK(unknown == strings{"GONE"});
        const compiled aws(
            "  actions:\n  - action: A\n    type: AWS_CLI\n    integration: aws\n    execute_commands: [aws s3 "
            "ls]\n");
        CHECK(resolve_image(aws.read.model.pipelines[0].actions[0], {}) == "amazon/aws-cli:latest");
    }

    TEST_CASE("what always holds: random pipelines") {
        const std::uint64_t seed = std::random_device()();
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
        for (int round = 0; round < 200; ++round) {
            std::string body = "  variables:\n  - {key: v, value: 'a,b'}\n  actions:\n";
            const std::size_t count = 1 + random() % 12;
            for (std::size_t i = 0; i < count; ++i) {
                std::string more;
                if (chance(30)) more += "    run_next: IN_SOFT_PARALLEL\n";
                if (chance(20)) more += "    loop: [v]\n";
                if (chance(15)) more += "    disabled: true\n";
                if (chance(40)) more += "    integration: i" + std::to_string(i) + "\n";
                if (chance(20))
                    more +=
                        "    trigger_condition: VAR_IS\n    trigger_variable_key: w\n"
                        "    trigger_variable_value: x\n";
                body += step("A" + std::to_string(i), more);
            }
            CAPTURE(body);
            const compiled one(body);
            REQUIRE(one.problems.empty());
            const std::vector<planned_action>& actions = one.made.actions;
            REQUIRE(actions.size() >= count);
            CHECK(actions.back().stage + 1 == one.made.stages);
            for (std::size_t i = 0; i < actions.size(); ++i) {
                CHECK(actions[i].index == i);
                CHECK((actions[i].may_run || !actions[i].skipped_because.empty()));
                if (i == 0) continue;
                const bool beside = actions[i - 1].definition->run_next != run_next::wait_on_success;
                CHECK(actions[i].stage == actions[i - 1].stage + (beside ? 0 : 1));
                CHECK(actions[i].definition >= actions[i - 1].definition);
            }
            std::size_t uses = 0;
            for (const planned_action& each : actions)
                uses += each.may_run ? each.definition->integrations.size() : 0;
            CHECK(one.made.uses.size() == uses);
            CHECK(std::ranges::is_sorted(one.made.uses, {}, [](const integration_use& use) {
                return std::pair(use.action, use.reference.where.begin);
            }));
            CHECK(std::ranges::count(describe(one.made, one.file), '\n') ==
                  static_cast<std::ptrdiff_t>(actions.size()) + 1);
        }
    }

    TEST_CASE("compiled or told what to supply: real files") {
        const std::filesystem::path root = std::filesystem::path(LATCHKEY_SOURCE_DIR) / "../shared/corpus/valid";
        if (!std::filesystem::is_directory(root)) {
            MESSAGE("../shared/corpus/valid is missing: no real files were compiled");
            return;
        }
        for (const auto& entry : std::filesystem::directory_iterator(root)) {
            const source file(entry.path().filename(), latchkey::test::read_file(entry.path()));
            const parsed read = parse(file);
            for (const pipeline& each : read.model.pipelines) {
                CAPTURE(file.name());
                diagnostics problems;
                const plan made = compile(each, {}, problems);
                CHECK(made.actions.size() == each.actions.size());
                run_context supplied;
                for (const diagnostic& problem : problems) {
                    CHECK((problem.code == "P063" || problem.code == "P064"));
                    const std::size_t begin = problem.message.find('`') + 1;
                    supplied.supplied_secrets.push_back(
                        problem.message.substr(begin, problem.message.find('`', begin) - begin));
                }
                diagnostics remaining;
                compile(each, supplied, remaining);
                CHECK_MESSAGE(remaining.empty(), render(file, remaining));
                CHECK_FALSE(describe(made, file).empty());
            }
        }
    }
}
