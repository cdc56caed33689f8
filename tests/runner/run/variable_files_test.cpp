// SPDX-License-Identifier: Apache-2.0
#include "runner/run/variable_files.hpp"

#include "pipelines/parse.hpp"

#include <doctest/doctest.h>

namespace pipelines = latchkey::pipelines;
namespace run = latchkey::run;
namespace vault = latchkey::vault;

namespace {

// The files of the first action of a pipeline with these variables, the pipeline's and the action's own.
struct world {
    pipelines::source source;
    pipelines::parsed parsed;
    pipelines::plan plan;

    world(const std::string& of_pipeline, const std::string& of_action)
        : source("buddy.yml",
                 "- pipeline: p\n  variables:\n" + of_pipeline +
                     "  actions:\n    - action: A\n      type: BUILD\n      execute_commands: ['true']\n" +
                     (of_action.empty() ? "" : "      variables:\n" + of_action)),
          parsed(pipelines::parse(source)) {
        pipelines::diagnostics problems;
        pipelines::run_context context;
        context.supplied_secrets = {"KEY"};
        plan = pipelines::compile(parsed.model.pipelines.at(0), context, problems);
        REQUIRE_FALSE(pipelines::has_errors(problems));
    }
};

std::map<std::string, vault::secret> supplied(const std::string& key) {
    std::map<std::string, vault::secret> all;
    all.emplace("KEY", vault::secret(std::string(key)));
    return all;
}

}  // namespace

TEST_SUITE("run.variable_files") {
    TEST_CASE("placed: FILE and SSH_KEY with a place in the container, under their own name and mode") {
        const world w(
            "    - {key: CONFIG, type: FILE, value: aGVsbG8K, file_place: CONTAINER, file_path: /etc/app/app.conf, "
            "file_chmod: '0644'}\n"
            "    - {key: KEY, type: SSH_KEY, encrypted: true, file_place: CONTAINER, file_path: ~/.ssh/id, "
            "file_chmod: 600}\n"
            "    - {key: TEXT, type: FILE, value: eA==, file_place: NONE}\n"
            "    - {key: PLAIN, value: x}\n",
            "");
        CHECK(run::has_variable_files(w.plan));
        const auto files = run::files_of_variables(w.plan, 0, supplied("-----BEGIN\nabc\n-----END"));
        REQUIRE(files.has_value());
        REQUIRE_EQ(files->size(), 2);
        const auto& config = (*files)[0];
        CHECK_EQ(config.file.variable, "CONFIG");
        CHECK_EQ(config.file.name, "app.conf");
        CHECK_EQ(config.file.content.reveal(), "hello\n");
        CHECK_EQ(config.file.mode, 0600U);  // its owner's bits only
        CHECK_FALSE(config.secret);
        const auto& key = (*files)[1];
        CHECK_EQ(key.file.variable, "KEY");
        CHECK_EQ(key.file.name, "id");
        CHECK_EQ(key.file.content.reveal(), "-----BEGIN\nabc\n-----END\n");  // ssh wants the last line end
        CHECK(key.secret);
    }

    TEST_CASE("the action's own stands: a file of the pipeline's name, and a plain variable over a file") {
        const world file("    - {key: F, type: FILE, value: b25l, file_place: CONTAINER, file_path: /f}\n",
                         "        - {key: F, type: FILE, value: dHdv, file_place: CONTAINER, file_path: /../..}\n");
        const auto files = run::files_of_variables(file.plan, 0, {});
        REQUIRE(files.has_value());
        REQUIRE_EQ(files->size(), 1);
        CHECK_EQ((*files)[0].file.content.reveal(), "two");
        CHECK_EQ((*files)[0].file.name, "F");  // `..` is no name
        const world plain("    - {key: F, type: FILE, value: b25l, file_place: CONTAINER, file_path: /f}\n",
                          "        - {key: F, value: x}\n");
        CHECK(run::files_of_variables(plain.plan, 0, {})->empty());
    }

    TEST_CASE("refused: a FILE that is no base64") {
        const world w("    - {key: F, type: FILE, value: 'not base64!', file_place: CONTAINER, file_path: /f}\n", "");
        const auto files = run::files_of_variables(w.plan, 0, {});
        REQUIRE_FALSE(files.has_value());
        CHECK_EQ(files.error().what, "the value of the FILE variable F is not base64: `base64 -w0 < FILE` makes it");
    }
}
