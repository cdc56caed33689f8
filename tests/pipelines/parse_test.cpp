// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

namespace {

document model_of(const std::string& text) {
    const source file("buddy.yml", text);
    parsed read = parse(file);
    CAPTURE(render(file, read.problems));
    CHECK_FALSE(has_errors(read.problems));
    return std::move(read.model);
}

pipeline first(const std::string& text) {
    document model = model_of(text);
    REQUIRE_FALSE(model.pipelines.empty());
    return std::move(model.pipelines.front());
}

std::vector<std::string> values(const std::vector<text>& texts) {
    std::vector<std::string> out;
    for (const text& each : texts) out.push_back(each.value);
    return out;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_SUITE("pipelines.parse") {
    TEST_CASE("OLD: trigger_mode, ref_name with its type, flat condition") {
        const pipeline p = first(
            "- pipeline: \"Deploy\"\n  trigger_mode: \"ON_EVERY_PUSH\"\n  ref_name: \"master\"\n  ref_type: "
            "\"BRANCH\"\n"
            "  trigger_condition: \"ALWAYS\"\n  actions:\n  - action: \"a\"\n    type: \"BUILD\"\n    "
            "execute_commands:\n    - \"make\"\n"
            "    run_next_parallel: true\n    trigger_condition: \"ON_CHANGE_AT_PATH\"\n    "
            "trigger_condition_paths:\n    - \"src\"\n");
        REQUIRE(p.events.size() == 1);
        CHECK(p.events[0].type == event_type::push);
        CHECK(values(p.events[0].refs) == strings{"refs/heads/master"});
        CHECK_FALSE(p.manual);
        REQUIRE(p.conditions.size() == 1);
        CHECK(p.conditions[0].kind == condition_kind::always);
        REQUIRE(p.actions.size() == 1);
        CHECK(p.actions[0].run_next == run_next::in_soft_parallel);
        REQUIRE(p.actions[0].conditions.size() == 1);
        CHECK(p.actions[0].conditions[0].kind == condition_kind::on_change_at_path);
        CHECK(p.actions[0].conditions[0].paths == strings{"src"});
    }
    TEST_CASE("OLD: every ref_type becomes a full name or stays a pattern") {
        const auto ref = [](const std::string& type, const std::string& name) {
            return values(first("- pipeline: p\n  trigger_mode: MANUAL\n  ref_name: \"" + name + "\"\n" +
                                (type.empty() ? "" : "  ref_type: " + type + "\n") + "  actions: []\n")
                              .refs);
        };
        CHECK(ref("BRANCH", "a") == strings{"refs/heads/a"});
        CHECK(ref("", "a") == strings{"refs/heads/a"});
        CHECK(ref("TAG", "v1") == strings{"refs/tags/v1"});
        CHECK(ref("WILDCARD", "*") == strings{"*"});
        CHECK(ref("PULL_REQUEST", "pull/*") == strings{"refs/pull/*"});
        CHECK(ref("NONE", "a").empty());
        CHECK(ref("BRANCH", "refs/heads/a") == strings{"refs/heads/a"});
    }
    TEST_CASE("OLD: SCHEDULED and MANUAL") {
        const pipeline scheduled =
            first("- pipeline: p\n  trigger_mode: SCHEDULED\n  cron: \"0 * * * *\"\n  actions: []\n");
        REQUIRE(scheduled.events.size() == 1);
        CHECK(scheduled.events[0].type == event_type::schedule);
        CHECK(scheduled.events[0].cron == "0 * * * *");
        CHECK(first("- pipeline: p\n  trigger_mode: MANUAL\n  actions: []\n").manual);
    }
    TEST_CASE("MID: on, refs, events, schedule") {
        const pipeline click = first("- pipeline: p\n  on: CLICK\n  refs: [refs/heads/*]\n  actions: []\n");
        CHECK(click.manual);
        CHECK(values(click.refs) == strings{"refs/heads/*"});
        const pipeline event =
            first("- pipeline: p\n  on: EVENT\n  events:\n  - type: PUSH\n    refs: [a]\n  actions: []\n");
        REQUIRE(event.events.size() == 1);
        CHECK(values(event.events[0].refs) == strings{"a"});
        const pipeline schedule =
            first("- pipeline: p\n  on: SCHEDULE\n  start_date: 2024-12-02T19:45:40Z\n  delay: 5\n  actions: []\n");
        REQUIRE(schedule.events.size() == 1);
        CHECK(schedule.events[0].start_date == "2024-12-02T19:45:40Z");
        CHECK(schedule.events[0].delay == 5);
    }
    TEST_CASE("NEW: events alone decide, a push without refs is about the pipeline's") {
        const pipeline p = first(
            "- pipeline: p\n  name: Shown\n  refs: [refs/heads/main]\n  events:\n  - type: PUSH\n  - type: "
            "SCHEDULE\n    cron: \"1 1 * * *\"\n"
            "    timezone: Europe/Warsaw\n  - type: PULL_REQUEST\n    branches: [main]\n    events: [opened]\n  "
            "actions: []\n");
        CHECK(p.name.value == "Shown");
        REQUIRE(p.events.size() == 3);
        CHECK(values(p.events[0].refs) == strings{"refs/heads/main"});
        CHECK(p.events[1].timezone == "Europe/Warsaw");
        CHECK(values(p.events[2].branches) == strings{"main"});
        CHECK(values(p.events[2].events) == strings{"opened"});
        CHECK_FALSE(p.manual);
        CHECK(first("- pipeline: p\n  actions: []\n").manual);
    }
    TEST_CASE("an action has every setting, what is left stays a field") {
        const pipeline p = first(
            "- pipeline: p\n  actions:\n  - action: a\n    type: BUILD\n    trigger_time: ON_FAILURE\n    "
            "run_only_on_first_failure: true\n"
            "    run_next: IN_HARD_PARALLEL\n    ignore_errors: true\n    retry_count: 3\n    retry_interval: 10\n   "
            " timeout: 60\n"
            "    disabled: true\n    loop: [A, B]\n    shell: bash\n    execute_every_command: true\n    "
            "setup_commands: [one]\n"
            "    execute_commands:\n    - cd x\n    -\n    - |\n      a\n      b\n    working_directory: /w\n    "
            "docker_image_name: library/node\n"
            "    docker_image_tag: 3.10\n    cached_dirs: [/c]\n");
        const action& a = p.actions.at(0);
        CHECK(a.trigger_time == trigger_time::on_failure);
        CHECK(a.run_only_on_first_failure);
        CHECK(a.run_next == run_next::in_hard_parallel);
        CHECK(a.ignore_errors);
        CHECK(a.retry_count == 3);
        CHECK(a.retry_interval == 10);
        CHECK(a.timeout == 60);
        CHECK(a.disabled);
        CHECK(values(a.loop) == strings{"A", "B"});
        CHECK(a.shell == shell::bash);
        CHECK(a.execute_every_command);
        CHECK(values(a.setup_commands) == strings{"one"});
        CHECK(values(a.commands) == strings{"cd x", "", "a\nb\n"});
        CHECK(a.working_directory.value == "/w");
        CHECK(a.image.value == "library/node");
        CHECK(a.image_tag.value == "3.10");
        REQUIRE(a.fields.size() == 1);
        CHECK(a.fields[0].key == "cached_dirs");
    }
    TEST_CASE("one command needs no list") {
        CHECK(values(first("- pipeline: p\n  actions:\n  - {action: a, type: BUILD, execute_commands: make}\n")
                         .actions.at(0)
                         .commands) == strings{"make"});
    }
    TEST_CASE("variables: text stays text, encrypted forms are known, no value is not an empty one") {
        const pipeline p = first(
            "- pipeline: p\n  variables:\n  - key: A\n    value: 1.10\n  - key: B\n  - key: C\n    value: \"\"\n"
            "  - key: D\n    value: \"secure!abc.def\"\n  - key: E\n    value: '!encrypted abc'\n  - key: F\n    "
            "value: !encrypted abc\n"
            "  - key: G\n    value: x\n    encrypted: true\n    settable: true\n    description: d\n"
            "  - key: H\n    type: FILE\n    value: aGk=\n    file_path: /k\n    file_chmod: \"600\"\n    "
            "file_place: CONTAINER\n"
            "  - key: I\n    settable: \"disabled\"\n    value: y\n  actions: []\n");
        REQUIRE(p.variables.size() == 9);
        CHECK(p.variables[0].value->value == "1.10");
        CHECK_FALSE(p.variables[1].value.has_value());
        CHECK(p.variables[2].value->value.empty());
        for (const std::size_t i : {3U, 4U, 5U}) {
            CHECK(p.variables[i].sealed);
            CHECK(p.variables[i].encrypted);
        }
        CHECK(p.variables[6].encrypted);
        CHECK_FALSE(p.variables[6].sealed);
        CHECK(p.variables[6].settable);
        CHECK(p.variables[7].type == variable_type::file);
        CHECK(p.variables[7].file_path == "/k");
        CHECK(p.variables[7].in_container);
        CHECK_FALSE(p.variables[8].settable);
    }
    TEST_CASE("an `encrypted` that can't be read counts as encrypted") {
        const source file(
            "f", "- pipeline: p\n  variables:\n  - key: A\n    value: x\n    encrypted: maybe\n  actions: []\n");
        const parsed read = parse(file);
        CHECK(has_errors(read.problems));
        CHECK(read.model.pipelines.at(0).variables.at(0).encrypted);
    }
    TEST_CASE("conditions: a list, nested OR, OR between siblings") {
        const pipeline p = first(
            "- pipeline: p\n  trigger_conditions:\n  - trigger_condition: VAR_IS\n    trigger_variable_key: A\n    "
            "trigger_variable_value: 1\n"
            "  - trigger_condition: OR\n    trigger_operands:\n    - trigger_condition: SUCCESS_PIPELINE\n      "
            "project: x\n      pipeline: y\n"
            "    - trigger_condition: DATETIME\n      trigger_hours: [1, 24]\n      trigger_days: [7]\n      "
            "zone_id: Europe/Warsaw\n"
            "  - trigger_condition: ON_CHANGE\n  - OR\n  - trigger_condition: TRIGGERING_USER_IS\n    trigger_user: "
            "a@b.test\n"
            "  - trigger_condition: OR\n  - trigger_condition: ACTION_STATUS_IS\n    trigger_action_name: Build\n    "
            "trigger_status: FAILED\n"
            "  actions: []\n");
        REQUIRE(p.conditions.size() == 3);
        CHECK(p.conditions[0].kind == condition_kind::var_is);
        CHECK(p.conditions[0].value == "1");
        REQUIRE(p.conditions[1].kind == condition_kind::any_of);
        REQUIRE(p.conditions[1].operands.size() == 2);
        CHECK(p.conditions[1].operands[0].pipeline == "y");
        CHECK(p.conditions[1].operands[1].hours == std::vector<int>{1, 24});
        CHECK(p.conditions[1].operands[1].days == std::vector<int>{7});
        CHECK(p.conditions[1].operands[1].zone == "Europe/Warsaw");
        REQUIRE(p.conditions[2].kind == condition_kind::any_of);
        REQUIRE(p.conditions[2].operands.size() == 3);
        CHECK(p.conditions[2].operands[2].value == "FAILED");
    }
    TEST_CASE("a condition that can't be read is never met") {
        for (const char* name : {"VAR", "VAR_IS", "\"\"", "[a]"}) {
            const source file("f", std::string("- pipeline: p\n  trigger_conditions:\n  - trigger_condition: ") +
                                       name + "\n  actions: []\n");
            const parsed read = parse(file);
            CAPTURE(name);
            CHECK_FALSE(read.problems.empty());
            CHECK(read.model.pipelines.at(0).conditions.at(0).kind == condition_kind::unknown);
        }
    }
    TEST_CASE("find takes exact bytes: another case, another name, a twin in Unicode") {
        const document model = model_of("- pipeline: Café\n  actions: []\n- pipeline: deploy\n  actions: []\n");
        CHECK(model.find("deploy") == &model.pipelines[1]);
        CHECK(model.find("Deploy") == nullptr);
        CHECK(model.find("Cafe\u0301") == nullptr);
        CHECK(model.find("") == nullptr);
    }
    TEST_CASE("a hostile file yields a bounded number of diagnostics, and its error is among them") {
        std::string text = "- pipeline: p\n";
        for (int i = 0; i < 4'000; ++i) text += "  unknown_" + std::to_string(i) + ": x\n";
        const parsed read = parse(source("f", text));
        CHECK(read.problems.size() <= 1'001);
        CHECK(has_errors(read.problems));  // it has no actions
    }
}
