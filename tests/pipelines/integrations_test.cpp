// SPDX-License-Identifier: Apache-2.0
#include "pipelines/integrations.hpp"

#include "pipelines/parse.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace latchkey::pipelines;

namespace {

std::string listed(const source& file, const std::vector<integration_reference>& references) {
    std::string out;
    for (const integration_reference& each : references) {
        const position place = file.at(each.where.begin);
        out += each.key + " " +
               (each.form == reference_form::hash     ? "hash "
                : each.form == reference_form::number ? "number "
                                                      : "identifier ");
        out += each.value + " " + std::to_string(place.line) + ":" + std::to_string(place.column) + "\n";
    }
    return out;
}

}  // namespace

TEST_SUITE("pipelines.integrations") {
    TEST_CASE("form: the key says it, or the look of the value") {
        CHECK(form_of("integration", "slack_prod") == reference_form::identifier);
        CHECK(form_of("integration", "5f106fa34502440373e60c35") == reference_form::hash);
        CHECK(form_of("integration", "Ab0123456789Ab0123456789AB") == reference_form::hash);
        CHECK(form_of("integration", "productionslackintegration") == reference_form::identifier);
        CHECK(form_of("integration", "5F106FA34502440373E60C35") == reference_form::identifier);
        CHECK(form_of("integration_hash", "anything") == reference_form::hash);
        CHECK(form_of("integration_id", "30804") == reference_form::number);
        CHECK(form_of("integration_id", "abc") == reference_form::identifier);
        CHECK(form_of("integration", "") == reference_form::identifier);
    }
    TEST_CASE("a registry's kind is no reference, in the Docker family only") {
        CHECK(is_registry_kind("BUILD", "DOCKER_HUB"));
        CHECK(is_registry_kind("DOCKER_PUSH", "NONE"));
        CHECK_FALSE(is_registry_kind("BUILD", "docker_hub"));
        CHECK_FALSE(is_registry_kind("SLACK", "DOCKER_HUB"));
    }
    TEST_CASE("all forms are found with their places, in file order") {
        const source file("buddy.yml",
                          "- pipeline: p\n"
                          "  actions:\n"
                          "  - action: a\n"
                          "    type: HELM\n"
                          "    helm_integration: helm_one\n"
                          "    helm_repository_integration: helm_two\n"
                          "    integration_hash: \"5f106fa34502440373e60c35\"\n"
                          "  - action: b\n"
                          "    type: AWS_CLI\n"
                          "    integration_id: 30804\n"
                          "    integration: aws\n"
                          "  - action: c\n"
                          "    type: TRANSFER\n"
                          "    targets:\n"
                          "    - production\n"
                          "    - target: own\n"
                          "      integration: Ab0123456789Ab0123456789AB\n"
                          "      proxy:\n"
                          "        integration: jump_host\n"
                          "  - action: d\n"
                          "    type: BUILD\n"
                          "    integration: DOCKER_HUB\n"
                          "    execute_commands: [make]\n"
                          "  targets:\n"
                          "  - target: production\n"
                          "    type: DIGITAL_OCEAN\n"
                          "    integration: DigitalOcean\n");
        const parsed read = parse(file);
        CHECK_FALSE(has_errors(read.problems));
        REQUIRE(read.model.pipelines.size() == 1);
        const pipeline& p = read.model.pipelines[0];
        REQUIRE(p.actions.size() == 4);
        CHECK(listed(file, p.actions[0].integrations) ==
              "helm_integration identifier helm_one 5:23\n"
              "helm_repository_integration identifier helm_two 6:34\n"
              "integration_hash hash 5f106fa34502440373e60c35 7:23\n");
        CHECK(listed(file, p.actions[1].integrations) ==
              "integration_id number 30804 10:21\nintegration identifier aws 11:18\n");
        CHECK(listed(file, p.actions[2].integrations) ==
              "targets[].integration hash Ab0123456789Ab0123456789AB 17:20\n"
              "targets[].proxy.integration identifier jump_host 19:22\n"
              "targets[].integration identifier DigitalOcean 27:18\n");
        CHECK(p.actions[3].integrations.empty());
        CHECK(std::ranges::count(p.actions[3].fields, "integration", &yaml::entry::key) == 1);
        CHECK(listed(file, p.integrations) == "targets[].integration identifier DigitalOcean 27:18\n");
    }
    TEST_CASE("a reference that names nothing is an error: empty, a list, a map") {
        for (const char* value : {"", "''", "[a]", "{a: b}", "~"}) {
            const source file(
                "f", std::string("- pipeline: p\n  actions:\n  - action: a\n    type: SLACK\n    integration: ") +
                         value + "\n");
            CAPTURE(value);
            CHECK(has_errors(parse(file).problems));
        }
    }
}
