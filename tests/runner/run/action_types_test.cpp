// SPDX-License-Identifier: Apache-2.0
//
// The types whose scripts are the catalogue's, each run with stand-ins for the programs of its image: what they are
// called with and what they find in their environment. Values are data wherever they end up.
#include "pipelines/catalogue.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using latchkey::pipelines::action_type;
using latchkey::pipelines::find_action_type;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;
using latchkey::test::read_file;
using latchkey::test::write_file;

namespace fs = std::filesystem;

namespace {

// What a stand-in answers, by what it was asked; then it writes down how it was called.
constexpr std::string_view stand_in = R"sh(#!/bin/sh
{
    printf '%s\n' "${0##*/}"
    for argument in "$@"; do printf '  <%s>\n' "$argument"; done
    env | grep -E '^(AWS|AZURE|CLOUDSDK|GITHUB|GH|HEROKU|NETLIFY|NPM|SHOPIFY)_' | sort | sed 's/^/  /'
    if [ "${0##*/}" = kubectl ] || [ "${0##*/}" = helm ]; then
        for file in $(printf %s "$KUBECONFIG" | tr : ' '); do sed 's/^/  | /' "$file"; echo; done
    fi
    case ${0##*/} in npm) sed 's/^/  | /' "${NPM_CONFIG_USERCONFIG:-/dev/null}" ;; esac
    for argument in "$@"; do
        case $argument in --filename=*) sed 's/^/  | /' "${argument#*=}"; echo; break ;; esac
    done
} >>"@record@"
case "$*" in
*create-storage-location*) echo elasticbeanstalk-1 ;;
*register-task-definition*) echo arn:aws:ecs:task/shop:7 ;;
*describe-environments*) echo Green ;;
*start-pipeline-execution*) echo execution-1 ;;
*get-pipeline-execution*) echo Succeeded ;;
*list-services*) printf 'other\tarn:aws:apprunner:other\nshop\tarn:aws:apprunner:shop\n' ;;
'lambda invoke'*)
    for last in "$@"; do :; done
    echo '{"ok":true}' >"$last"
    echo '200 None bGluZSBvZiB0aGUgbG9nCg=='
    ;;
'create --filename='*) printf 'default made-1' ;;
*jsonpath=*phase*) echo Succeeded ;;
*jsonpath=*) echo Complete ;;
'config get registry') echo https://registry.example.test/npm/ ;;
esac
)sh";

constexpr const char* programs[] = {"aws", "az",  "gcloud", "kubectl", "helm",     "npm",    "git",
                                    "gh",  "zip", "yum",    "shopify", "hadolint", "heroku", "netlify"};

struct world {
    explicit world(const action_type& type) {
        fs::create_directories(bin());
        std::string text(stand_in);
        text.replace(text.find("@record@"), 8, record().string());
        for (const char* program : programs) program_of(program, text);
        program_of("date", "#!/bin/sh\necho 20260102T030405Z\n");
        program_of("mktemp", "#!/bin/sh\nif [ \"$1\" = -d ]; then mkdir -p " + (bin() / "made").string() + "; echo " +
                                 (bin() / "made").string() + "; else : >" + (bin() / "made-file").string() +
                                 "; echo " + (bin() / "made-file").string() + "; fi\n");
        const std::string before = std::getenv("PATH");
        ::setenv("PATH", (bin().string() + ":" + before).c_str(), 1);
        engine.make_service();
        engine.backend = "host";
        ::setenv("PATH", before.c_str(), 1);
        if (!type.integration_types.empty()) {
            std::vector<std::pair<std::string, std::string>> fields;
            for (const auto& field :
                 latchkey::pipelines::find_integration_type(type.integration_types.front())->fields)
                if (field.name != "region" && field.name != "config") {
                    fields.emplace_back(field.name, "planted-" + field.name);
                    if (field.secret) secrets.push_back(fields.back().second);
                }
            engine.add("mine", type.integration_types.front(), fields, {}, true);
        }
        write_file(engine.workspace() / "deploy.yml", "kind: Thing\n");
        write_file(engine.workspace() / "Dockerfile", "FROM scratch\n");
        fs::create_directories(engine.workspace() / "dist");
    }

    void program_of(const std::string& name, const std::string& text) const {
        write_file(bin() / name, text);
        fs::permissions(bin() / name, fs::perms::owner_all);
    }
    fs::path bin() const { return folder.path() / "bin"; }
    fs::path record() const { return folder.path() / "record"; }

    // What was recorded, without what differs from run to run.
    std::string recorded() const {
        std::string text = fs::exists(record()) ? read_file(record()) : "";
        const std::string here = bin().string();
        for (std::size_t at = 0; (at = text.find(here, at)) != std::string::npos;)
            text.replace(at, here.size(), "TMP");
        std::istringstream lines(text);
        std::string out;
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("  <--filename=/"))
                out += "  <--filename=PRIVATE" + line.substr(line.rfind('/')) + "\n";
            else if (!line.starts_with("  CLOUDSDK_AUTH_CREDENTIAL"))
                out += line + "\n";
        return out;
    }

    latchkey::test::temp_dir folder;
    engine_world engine;
    std::vector<std::string> secrets;  // of its integration
};

fs::path cases() {
    return fs::path(LATCHKEY_SOURCE_DIR) / "tests/runner/run/golden/types";
}

std::vector<std::string> types_with_scripts() {
    std::vector<std::string> names;
    for (const std::string_view name : latchkey::pipelines::action_type_names()) {
        const action_type& type = *find_action_type(name);
        if (!type.prelude.empty() || !type.commands.empty()) names.emplace_back(name);
    }
    return names;
}

struct field {
    std::string key;
    std::string text;  // as written, with the lines below it
};

std::vector<field> fields_in(const std::string& type) {
    std::vector<field> all;
    std::istringstream lines(read_file(cases() / type / "action.yml"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(' ') && line.find(':') != std::string::npos)
            all.push_back({line.substr(0, line.find(':')), line.substr(line.find(':') + 1) + "\n"});
        else if (!all.empty())
            all.back().text += "      " + line + "\n";
    }
    return all;
}

std::string pipeline_with(const std::string& type, const std::vector<field>& fields) {
    std::string text = "    - action: It\n      type: " + type + "\n";
    if (!find_action_type(type)->integration_types.empty()) text += "      integration: mine\n";
    for (const field& f : fields) text += "      " + f.key + ":" + f.text;
    return pipeline_of(text);
}

}  // namespace

TEST_SUITE("run.action_types") {
    TEST_CASE("called as it should be: the programs of every type that has a script of its own") {
        for (const std::string& type : types_with_scripts()) {
            CAPTURE(type);
            REQUIRE(fs::exists(cases() / type / "action.yml"));
            world w(*find_action_type(type));
            const auto done = w.engine.run(pipeline_with(type, fields_in(type)));
            CAPTURE((done.attempt ? done.attempt->report : done.attempt.error().what));
            REQUIRE(done.attempt.has_value());
            const std::string log = w.engine.log(1, 0);
            CAPTURE(log);
            CHECK(done.attempt->outcome == latchkey::run::outcome::succeeded);
            CHECK_GOLDEN("runner/run/golden/types/" + type + "/expected.txt", w.recorded() + "-- log\n" + log);
            // Of what is secret no argument holds any.
            std::istringstream lines(w.recorded());
            for (std::string line; std::getline(lines, line);)
                if (line.starts_with("  <"))
                    for (const std::string& secret : w.secrets) CHECK(line.find(secret) == std::string::npos);
        }
    }

    TEST_CASE("in the environment of commands of its own: the region, the site and the application that it names") {
        const auto called = [](const std::string& type, const std::string& keys, const std::string& program) {
            world w(*find_action_type(type));
            const auto done = w.engine.run(pipeline_of("    - {action: It, type: " + type + ", integration: mine, " +
                                                       keys + ": [" + program + "], docker_image_name: x}\n"));
            REQUIRE(done.attempt.has_value());
            CHECK(done.attempt->outcome == latchkey::run::outcome::succeeded);
            return w.recorded();
        };
        for (const char* type : {"AWS_CLI", "AWS_CLI_2"})
            CHECK(called(type, "region: eu-west-1, execute_commands", "aws").find("AWS_REGION=eu-west-1") !=
                  std::string::npos);
        CHECK(called("NETLIFY", "site_id: s-1, execute_commands", "netlify").find("NETLIFY_SITE_ID=s-1") !=
              std::string::npos);
        CHECK(called("HEROKU_CLI", "application_name: shop, commands", "heroku").find("HEROKU_APP=shop") !=
              std::string::npos);
    }

    TEST_CASE("no command: what a field holds, whichever field of whichever type") {
        constexpr std::string_view hostile =
            R"(" \"x' ; touch PWNED; $(touch PWNED) `touch PWNED` && touch PWNED | touch PWNED\ntouch PWNED\n'\"; touch PWNED #")";
        for (const std::string& type : types_with_scripts()) {
            const std::vector<field> fields = fields_in(type);
            world w(*find_action_type(type));
            for (std::size_t i = 0; i < fields.size(); ++i) {
                if (fields[i].key.ends_with("commands")) continue;
                CAPTURE(type);
                CAPTURE(fields[i].key);
                std::vector<field> changed = fields;
                changed[i].text = " " + std::string(hostile) + "\n";
                if (changed[i].key == "shell") continue;
                const auto done = w.engine.run(pipeline_with(type, changed));
                REQUIRE(done.attempt.has_value());
                CHECK_FALSE(fs::exists(w.engine.workspace() / "PWNED"));
                CHECK_FALSE(fs::exists(w.engine.workspace() / "dist/PWNED"));
            }
        }
    }
}
