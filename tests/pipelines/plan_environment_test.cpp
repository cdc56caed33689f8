// SPDX-License-Identifier: Apache-2.0
#include "tests/pipelines/plan_support.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;
using namespace latchkey::pipelines::test;

TEST_SUITE("pipelines.plan_environment") {
    TEST_CASE("every combination: a loop over two lists") {
        const compiled both("  variables:\n  - {key: os, value: 'a, b'}\n  actions:\n" +
                            step("T", "    loop: [node, os]\n    variables:\n    - {key: node, value: '20,22,,'}\n"));
        CHECK(both.problems.empty());
        CHECK(both.names() ==
              strings{"T (node=20, os=a)", "T (node=20, os=b)", "T (node=22, os=a)", "T (node=22, os=b)"});
        CHECK(both.stages() == numbers{0, 1, 2, 3});
        CHECK(find_entry(both.made.actions[3].environment, "node")->value == "22");
        CHECK(find_entry(both.made.actions[3].environment, "os")->value == "b");
    }

    TEST_CASE("all actions again: a pipeline's loop, and one given for the run") {
        const std::string body = "  loop: [os]\n  variables:\n  - {key: os, value: 'a,b'}\n  actions:\n" +
                                 step("A", "    run_next: IN_SOFT_PARALLEL\n") +
                                 step("B", "    run_next: IN_SOFT_PARALLEL\n");
        CHECK(compiled(body).names() == strings{"A (os=a)", "B (os=a)", "A (os=b)", "B (os=b)"});
        CHECK(compiled(body).stages() == numbers{0, 0, 1, 1});
        CHECK(compiled(body, with_parameter("os", "c")).names() == strings{"A (os=c)", "B (os=c)"});
    }

    TEST_CASE("an error: loops over nothing, the unknown, a secret, and too much") {
        CHECK(compiled("  actions:\n" + step("T", "    loop: [nobody]\n")).codes() == strings{"P060"});
        CHECK(compiled("  variables:\n  - {key: v, value: ' , '}\n  actions:\n" + step("T", "    loop: [v]\n"))
                  .codes() == strings{"P061"});
        CHECK(compiled("  variables:\n  - {key: v, value: 'a,b', encrypted: true}\n  actions:\n" +
                       step("T", "    loop: [v]\n"))
                  .codes() == strings{"P060"});
        std::string many = "0";
        for (int i = 1; i < 17; ++i) many += "," + std::to_string(i);
        const compiled large("  variables:\n  - {key: v, value: '" + many + "'}\n  - {key: w, value: '" + many +
                             "'}\n  actions:\n" + step("T", "    loop: [v, w]\n"));
        CHECK(large.codes() == strings{"P062"});
        CHECK(large.made.actions.empty());
        const compiled off("  actions:\n" + step("T", "    loop: [nobody]\n    disabled: true\n"));
        CHECK(off.problems.empty());
        CHECK(off.names() == strings{"T"});
    }

    TEST_CASE("the last wins: workspace, pipeline, action, given for the run") {
        run_context context;
        context.builtins = {{"BUDDY", "true"}, {"V", "builtin"}};
        context.inherited = {{"V", "workspace"}, {"V", "project"}, {"W", "project"}};
        const std::string body = "  variables:\n  - {key: V, value: pipeline}\n  actions:\n" +
                                 step("A", "    variables:\n    - {key: V, value: action}\n");
        const compiled usual(body, context);
        CHECK(find_entry(usual.made.environment, "BUDDY")->value == "true");
        CHECK(find_entry(usual.made.environment, "W")->value == "project");
        CHECK(find_entry(usual.made.environment, "V")->value == "pipeline");
        CHECK(find_entry(usual.made.actions[0].environment, "V")->value == "action");
        context.parameters["V"] = "given";
        const compiled given(body, context);
        CHECK(find_entry(given.made.environment, "V")->value == "given");
        CHECK(find_entry(given.made.actions[0].environment, "V") == nullptr);
    }

    TEST_CASE("has to be supplied: a variable without value") {
        const std::string body = "  variables:\n  - key: V\n  actions:\n" + step("A");
        const compiled missing(body);
        REQUIRE(missing.codes() == strings{"P063"});
        CHECK(missing.problems[0].help.find("--var V=") != std::string::npos);
        CHECK(missing.file.at(missing.problems[0].where.begin).line == 3);
        CHECK(compiled(body, with_parameter("V", "x")).problems.empty());
        const compiled secret(body, with_secret("V"));
        CHECK(secret.problems.empty());
        CHECK(find_entry(secret.made.environment, "V")->secret);
        run_context inherited;
        inherited.inherited = {{"V", "x"}};
        CHECK(find_entry(compiled(body, inherited).made.environment, "V")->value == "x");
        CHECK(compiled("  variables:\n  - {key: V, settable: true}\n  actions:\n" + step("A")).problems.empty());
    }

    TEST_CASE("has to be supplied as a file: an encrypted value") {
        for (const char* value : {"'secure!abc.def'", "'!encrypted abc.def'", "!encrypted abc.def"}) {
            CAPTURE(value);
            const std::string body =
                "  variables:\n  - {key: V, value: " + std::string(value) + "}\n  actions:\n" + step("A");
            const compiled missing(body);
            REQUIRE(missing.codes() == strings{"P064"});
            CHECK(missing.problems[0].help == "put `V=…` into a file and give that with `--secret-file`");
            const compiled supplied(body, with_secret("V"));
            CHECK(supplied.problems.empty());
            CHECK(find_entry(supplied.made.environment, "V")->secret);
            CHECK(find_entry(supplied.made.environment, "V")->value.empty());
            const compiled exposed(body, with_parameter("V", "hunter2"));
            CHECK(exposed.codes() == strings{"P065"});
            CHECK(find_entry(exposed.made.environment, "V")->value.empty());
        }
    }

    TEST_CASE("secret all the same: an encrypted variable with a plain value") {
        const compiled plain("  variables:\n  - {key: V, value: x, encrypted: true}\n  actions:\n" + step("A"));
        CHECK(plain.problems.empty());
        CHECK(find_entry(plain.made.environment, "V")->secret);
        CHECK(find_entry(plain.made.environment, "V")->value == "x");
    }

    TEST_CASE("only where it belongs: a secret supplied for one action's variable") {
        const compiled one(
            "  actions:\n" + step("A", "    variables:\n    - {key: V, value: 'secure!a.b'}\n") + step("B"),
            with_secret("V"));
        CHECK(find_entry(one.made.environment, "V") == nullptr);
        CHECK(find_entry(one.made.actions[0].environment, "V")->secret);
        CHECK(one.made.actions[1].environment.empty());
        const compiled undeclared("  actions:\n" + step("A"), with_secret("V"));
        CHECK(find_entry(undeclared.made.environment, "V")->secret);
    }

    TEST_CASE("not demanded: values of an action that will not run, and of one that asks for them") {
        CHECK(compiled("  actions:\n" + step("A", "    disabled: true\n    variables:\n    - key: V\n"))
                  .problems.empty());
        const compiled asks(
            "  actions:\n  - action: Ask\n    type: WAIT_FOR_VARIABLES\n    variables:\n    - key: V\n");
        CHECK(asks.problems.empty());
        CHECK(asks.made.actions[0].environment.empty());
    }

    TEST_CASE("said once: what every cell of a loop lacks") {
        CHECK(compiled("  variables:\n  - {key: n, value: '1,2,3'}\n  actions:\n" +
                       step("A", "    loop: [n]\n    variables:\n    - key: V\n"))
                  .codes() == strings{"P063"});
    }

    TEST_CASE("refused and described: every fault of a plan") {
        std::string many = "0";
        for (int i = 1; i < 256; ++i) many += "," + std::to_string(i);
        const std::string list = "  - {key: v, value: '" + many + "'}\n  - {key: w, value: '" + many + "'}\n";
        const std::string loop = "    loop: [w]\n";
        const compiled full("  loop: [v]\n  variables:\n" + list + "  actions:\n" + step("A", loop) +
                            step("B", loop));
        CHECK(full.codes() == strings{"P066"});
        CHECK(full.made.actions.size() == most_planned_actions);

        const std::string readme =
            latchkey::test::read_file(std::filesystem::path(LATCHKEY_SOURCE_DIR) / "pipelines/README.md");
        for (const char* code : {"P060", "P061", "P062", "P063", "P064", "P065", "P066"})
            CHECK_MESSAGE(readme.find("| " + std::string(code) + " |") != std::string::npos, code);
    }
}
