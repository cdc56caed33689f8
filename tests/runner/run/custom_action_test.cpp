// SPDX-License-Identifier: Apache-2.0
//
// Action types from outside of the program: a repository's custom actions, the user's own files. Whose credentials
// they get is decided as for any action. And integrations that one action gives to those after it.
#include "runner/run/definition.hpp"
#include "runner/run/type_files.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using latchkey::errc;
using latchkey::run::outcome;
using latchkey::run::read_type_files;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;
using latchkey::test::temp_dir;
using latchkey::test::write_file;

namespace fs = std::filesystem;

namespace {

constexpr const char* release_yml = R"yml(name: Release_shop
docker_image_name: acme/cli
shell: BASH
inputs:
  target: {type: SELECT, required: true, options: [staging, live]}
  words: {type: TEXTAREA, default: none}
  password: {type: PASSWORD}
  cloud: {type: GITHUB_INTEGRATION}
execute_commands:
  - printf '%s\n' "$target" "$words" "${#password}" "$GITHUB_TOKEN" > "$BUDDY_RUN_ID.out"
  - echo "with $password and $GITHUB_TOKEN"
  - export RELEASED=$target target=changed
output: {variables: {RELEASED: {example: live, info: where}}}
)yml";

std::vector<latchkey::run::type_file> release(const std::string& text = release_yml) {
    return {{false, ".buddy/actions/release/action.yml", text}};
}

std::string use_of(const std::string& inputs, const std::string& more = "") {
    return "    - action: Release\n      type: CUSTOM\n      custom_type: Release_shop:latest\n" + more +
           "      inputs:\n" + inputs;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("run.custom_action") {
    TEST_CASE("its inputs are variables, a password is masked, and only what it exports is passed on") {
        engine_world w;
        w.backend = "host";
        w.types = release();
        const std::string hostile = R"("'; touch PWNED; $(touch PWNED)`touch PWNED`\nsecond line")";
        const auto done = w.run(pipeline_of(
            use_of("        target: staging\n        words: " + hostile + "\n        password: planted-password\n") +
            "    - {action: After, type: BUILD, execute_commands: ['echo $RELEASED.$target.$password > after']}\n"));
        REQUIRE(done.attempt.has_value());
        CAPTURE(done.attempt->report);
        CAPTURE(w.log(1, 0));
        CHECK(done.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("1.out"), "staging\n'; touch PWNED; $(touch PWNED)`touch PWNED`\nsecond line\n16\n\n");
        CHECK_FALSE(fs::exists(w.workspace() / "PWNED"));
        CHECK_FALSE(has(w.log(1, 0), "planted-password"));
        CHECK_EQ(w.file("after"), "staging..\n");
    }

    TEST_CASE(
        "denied: an integration input without a grant, at its place; with one its credential reaches the action") {
        engine_world w;
        w.backend = "host";
        w.types = release();
        const auto github = w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        const std::string yaml = pipeline_of(use_of("        target: live\n        cloud: gh\n"));
        const auto denied = w.run(yaml);
        REQUIRE(denied.attempt.has_value());
        CAPTURE(denied.attempt->report);
        CHECK(denied.attempt->outcome == outcome::denied);
        CHECK(has(denied.attempt->report, "Missing permissions to the following integration: The gh (gh)"));
        CHECK(has(denied.attempt->report, "action \"Release\"  (buddy.yml:8:16)"));
        CHECK(denied.started().empty());
        CHECK_EQ(w.unlocked, 0);
        CHECK_FALSE(has(w.audit(), "secret_opened"));

        w.grant(github);
        const auto allowed = w.run(yaml);
        REQUIRE(allowed.attempt.has_value());
        CHECK(allowed.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("2.out"), "live\nnone\n0\nplanted-token\n");
        CHECK_FALSE(has(w.log(1, 0, 2), "planted-token"));
        CHECK(has(w.audit(), "secret_opened"));
    }

    TEST_CASE("denied: the integration that the action's own file names as the default") {
        engine_world w;
        w.backend = "host";
        std::string text = release_yml;
        text.replace(text.find("GITHUB_INTEGRATION"), 18, "GITHUB_INTEGRATION, default: gh");
        w.types = release(text);
        w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        const auto denied = w.run(pipeline_of(use_of("        target: live\n")));
        REQUIRE(denied.attempt.has_value());
        CAPTURE(denied.attempt->report);
        CHECK(denied.attempt->outcome == outcome::denied);
        CHECK(has(denied.attempt->report, "(buddy.yml:5:20)"));
        CHECK_EQ(w.unlocked, 0);
    }

    TEST_CASE("the same again: a retry has the files that the run had, whatever they say now") {
        engine_world w;
        w.backend = "host";
        w.types = release();
        const auto github = w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        const auto denied = w.run(pipeline_of(use_of("        target: live\n        cloud: gh\n")));
        REQUIRE(denied.attempt->outcome == outcome::denied);
        w.types.clear();
        w.grant(github);
        const auto again = w.retry(w.again());
        REQUIRE(again.attempt.has_value());
        CHECK(again.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("1.out"), "live\nnone\n0\nplanted-token\n");
    }

    TEST_CASE("apart: a custom action that is kept from the pipeline's variables has its inputs alone") {
        engine_world w;
        w.backend = "host";
        w.types = {
            {false, ".buddy/actions/look/action.yml",
             "name: look\ninputs: {given: {type: TEXT}}\nexecute_commands: ['echo $given.$SECRET_PLACE > out']\n"}};
        const auto done = w.run(
            "- pipeline: p\n  variables: [{key: SECRET_PLACE, value: here}]\n  actions:\n"
            "    - {action: Look, type: CUSTOM, custom_type: look, variables_access: false, inputs: "
            "{given: at $SECRET_PLACE}}\n");
        REQUIRE(done.attempt.has_value());
        CHECK(done.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("out"), "at here.\n");
    }

    TEST_CASE("said with places: what is wrong with a custom action and with its use") {
        std::vector<latchkey::run::type_file> types = release();
        types.push_back({false, ".buddy/actions/broken/action.yml",
                         "name: broken\ninputs:\n  1a: {type: TEXT}\n  b: {type: PASWORD}\n  PATH_: text\n"
                         "execute_commands:\n  - echo a: b\ncolour: red\n"});
        types.push_back({false, ".buddy/actions/twice/action.yml", "name: same\nexecute_commands: ['true']\n"});
        types.push_back({false, ".buddy/actions/same/action.yml", "name: other\nexecute_commands: ['true']\n"});
        const auto d = latchkey::run::read_definition("buddy.yml", R"yml(- pipeline: p
  actions:
  - {action: A, type: CUSTOM}
  - {action: B, type: CUSTOM, custom_type: nowhere}
  - {action: C, type: CUSTOM, custom_type: "Release_shop:v2"}
  - {action: D, type: CUSTOM, custom_type: broken}
  - {action: E, type: CUSTOM, custom_type: same}
  - action: F
    type: CUSTOM
    custom_type: release
    inputs:
      target: prod
      passwrod: x
      cloud: [a]
  - {action: G, type: CUSTOM, custom_type: release}
)yml",
                                                      "p", types);
        CHECK_GOLDEN("runner/run/golden/custom_action.txt", d->rendered());
        CHECK_EQ(d->types.size(), 4);
    }

    TEST_CASE("run: a type of the user's own, a file of the catalogue's form") {
        engine_world w;
        w.backend = "host";
        w.types = {{true, "/home/ana/.config/latchkey/actions/ACME_DEPLOY.yml",
                    "title: Acme\nexecution: commands\nrequired: [site]\noptional: [token]\nsecret_fields: [token]\n"
                    "environment: {ACME_TOKEN: '${token}'}\ncommands: ['echo $FIELD_SITE ${#ACME_TOKEN} > out', "
                    "'echo $ACME_TOKEN']\n"}};
        const auto done =
            w.run(pipeline_of("    - {action: Deploy, type: ACME_DEPLOY, site: shop, token: planted-acme}\n"));
        REQUIRE(done.attempt.has_value());
        CHECK(done.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("out"), "shop 12\n");
        CHECK_FALSE(has(w.log(1, 0), "planted-acme"));
    }

    TEST_CASE(
        "refused: own types that others may write, that are built in or broken, and links out of the repository") {
        const temp_dir folder;
        const fs::path root = folder.path() / "repository";
        const fs::path own = folder.path() / "actions";
        fs::create_directories(root / ".buddy/actions/one");
        fs::create_directories(own);
        fs::permissions(own, fs::perms(0755));
        write_file(root / ".buddy/actions/one/action.yml", "name: one\n");
        write_file(own / "ACME.yml", "title: Acme\nexecution: commands\ncommands: ['true']\n");
        fs::permissions(own / "ACME.yml", fs::perms(0644));
        const auto read = read_type_files(root, own);
        REQUIRE(read.has_value());
        REQUIRE_EQ(read->size(), 2);
        CHECK_EQ((*read)[0].name, ".buddy/actions/one/action.yml");
        CHECK_FALSE((*read)[0].own);
        CHECK((*read)[1].own);
        CHECK_EQ(read_type_files(root, folder.path() / "none")->size(), 1);

        fs::permissions(own / "ACME.yml", fs::perms(0666));
        CHECK(read_type_files(root, own).error().code == errc::refused);
        fs::permissions(own / "ACME.yml", fs::perms(0644));
        fs::permissions(own, fs::perms(0777));
        CHECK(read_type_files(root, own).error().code == errc::refused);
        fs::permissions(own, fs::perms(0755));
        if (::geteuid() == 0) {
            REQUIRE_EQ(::chown((own / "ACME.yml").c_str(), 12345, 12345), 0);
            CHECK(read_type_files(root, own).error().code == errc::refused);
            REQUIRE_EQ(::chown((own / "ACME.yml").c_str(), 0, 0), 0);
        }
        write_file(own / "BUILD.yml", "title: x\nexecution: commands\n");
        fs::permissions(own / "BUILD.yml", fs::perms(0644));
        CHECK(has(read_type_files(root, own).error().what, "the type BUILD is built in"));
        fs::remove(own / "BUILD.yml");
        write_file(own / "NATIVE.yml", "title: x\nexecution: native\n");
        fs::permissions(own / "NATIVE.yml", fs::perms(0644));
        CHECK(has(read_type_files(root, own).error().what, "NATIVE.yml: a type of one's own has"));
        write_file(own / "NATIVE.yml", "title: x\ncolour: red\n");
        CHECK(has(read_type_files(root, own).error().what, "NATIVE.yml:2: unknown key"));
        fs::remove(own / "NATIVE.yml");

        write_file(folder.path() / "elsewhere.yml", "planted: secret\n");
        fs::create_directories(root / ".buddy/actions/two");
        fs::create_symlink(folder.path() / "elsewhere.yml", root / ".buddy/actions/two/action.yml");
        const auto out = read_type_files(root, own);
        REQUIRE_FALSE(out.has_value());
        CHECK(out.error().code == errc::refused);
        CHECK_FALSE(has(out.error().what, "planted"));
    }
}

TEST_SUITE("run.integration_variables") {
    TEST_CASE("given on: to the actions after it, each with a decision of its own, and to none before") {
        engine_world w;
        w.backend = "host";
        const auto github = w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        const std::string yaml = pipeline_of(
            "    - {action: Before, type: BUILD, execute_commands: ['echo x$GITHUB_TOKEN > before']}\n"
            "    - {action: Give, type: INTEGRATION_VARIABLES, integration: gh}\n"
            "    - {action: After, type: BUILD, execute_commands: ['echo x$GITHUB_TOKEN > after', 'echo "
            "$GITHUB_TOKEN']}\n"
            "    - {action: Last, type: BUILD, execute_commands: ['echo x$GITHUB_TOKEN > last']}\n");
        const auto denied = w.run(yaml);
        REQUIRE(denied.attempt.has_value());
        CAPTURE(denied.attempt->report);
        CHECK(denied.attempt->outcome == outcome::denied);
        CHECK(has(denied.attempt->report,
                  "used by    action \"Give\"  (buddy.yml:4:64)\n"
                  "             action \"After\"  (buddy.yml:4:64)\n"
                  "             action \"Last\"  (buddy.yml:4:64)\n"));
        CHECK_EQ(w.file("before"), "");

        w.grant(github);
        const auto done = w.run(yaml);
        REQUIRE(done.attempt.has_value());
        CHECK(done.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("before"), "x\n");
        CHECK_EQ(w.file("after"), "xplanted-token\n");
        CHECK_EQ(w.file("last"), "xplanted-token\n");
        CHECK_FALSE(has(w.log(1, 2, 2), "planted-token"));
        CHECK(has(w.audit(), "subject=action \"After\" (buddy.yml:4:64)"));
    }

    TEST_CASE("its own stands: an action with an integration of the same type, and nothing of a disabled one") {
        engine_world w;
        w.backend = "host";
        w.add("gh", "GIT_HUB", {{"token", "planted-given"}}, {}, true);
        w.add("own", "GIT_HUB", {{"token", "planted-own"}}, {}, true);
        const std::string own =
            "    - {action: Own, type: GIT_HUB_CLI, integration: own, execute_commands: ['echo $GITHUB_TOKEN > "
            "out']}\n"
            "    - {action: None, type: BUILD, execute_commands: ['echo x$GITHUB_TOKEN > none']}\n";
        w.run(pipeline_of("    - {action: Give, type: INTEGRATION_VARIABLES, integration: gh}\n" + own));
        CHECK_EQ(w.file("out"), "planted-own\n");
        CHECK_EQ(w.file("none"), "xplanted-given\n");
        w.run(pipeline_of("    - {action: Give, type: INTEGRATION_VARIABLES, integration: gh, disabled: true}\n" +
                          own));
        CHECK_EQ(w.file("none"), "x\n");
    }
}
