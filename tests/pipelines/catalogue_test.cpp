// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue_files.hpp"
#include "pipelines/delivery.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

using namespace latchkey::pipelines;

namespace {

delivery all_of(const char* type, std::string_view identifier) {
    const integration_type* known = find_integration_type(type);
    REQUIRE(known != nullptr);
    return deliver(*known, identifier, [](std::string_view) { return true; });
}

std::vector<std::string> names_in(const delivery& given) {
    std::vector<std::string> names;
    for (const delivered_variable& variable : given.variables) names.push_back(variable.name);
    return names;
}

using names = std::vector<std::string>;

}  // namespace

TEST_SUITE("pipelines.catalogue") {
    TEST_CASE("every file is well formed: what is built into the program") {
        CHECK(integration_type_names().size() == 55);
        CHECK(action_type_names().size() == 147);
        CHECK(std::ranges::is_sorted(integration_type_names()));
        CHECK(std::ranges::is_sorted(action_type_names()));
        for (const std::string_view name : integration_type_names()) {
            CAPTURE(name);
            const integration_type* type = find_integration_type(name);
            REQUIRE(type != nullptr);
            CHECK(type->name == name);
            CHECK_FALSE(type->fields.empty());
            const bool some_required = std::ranges::any_of(type->fields, &credential_field::required);
            CHECK((some_required || !type->alternatives.empty()));
            for (const credential_field& field : type->fields) CHECK_FALSE(field.description.empty());
        }
        for (const std::string_view name : action_type_names()) {
            CAPTURE(name);
            const action_type* type = find_action_type(name);
            REQUIRE(type != nullptr);
            CHECK(type->name == name);
            for (const std::string& kind : type->integration_types) CHECK(find_integration_type(kind) != nullptr);
            for (const std::string& key : type->required)
                CHECK(std::ranges::find(type->optional, key) == type->optional.end());
            if (type->execution == execution_kind::commands) {
                const auto lists = [&](std::string_view key) {
                    return std::ranges::find(type->required, key) != type->required.end();
                };
                CHECK((lists("execute_commands") || lists("commands") || lists("inline_commands") ||
                       !type->commands.empty()));
            }
        }
    }

    TEST_CASE("checks: one host each, asked without a credential in the address") {
        int known = 0;
        for (const std::string_view name : integration_type_names()) {
            CAPTURE(name);
            const auto& check = find_integration_type(name)->check;
            if (!check) continue;
            ++known;
            CHECK(check->path.find('$') == std::string::npos);
            CHECK(check->host.find_first_of("/:@?#$ ") == std::string::npos);
        }
        CHECK(known == 24);
        const auto& lab = find_integration_type("GIT_LAB_ENTERPRISE")->check;
        REQUIRE(lab.has_value());
        CHECK(lab->host_field == "host_url");
        CHECK(lab->credentials.front().header == "PRIVATE-TOKEN");
        CHECK_FALSE(find_integration_type("AMAZON")->check.has_value());
    }

    TEST_CASE("nothing: a type that is not known, in another case, or a file's name") {
        for (const char* name : {"", "AMAZO", "AMAZONE", "amazon", "AMAZON.yml", "../AMAZON", "ZZZ"})
            CHECK(find_integration_type(name) == nullptr);
        for (const char* name : {"", "build", "BUILD.yml", "BUIL", "BUILDS"})
            CHECK(find_action_type(name) == nullptr);
    }

    TEST_CASE("one object: asked for from several threads") {
        std::vector<const action_type*> found(4);
        std::vector<std::thread> threads;
        for (const action_type*& slot : found) threads.emplace_back([&slot] { slot = find_action_type("HTTP"); });
        for (std::thread& each : threads) each.join();
        CHECK(found.front() != nullptr);
        CHECK(std::ranges::all_of(found, [&](const action_type* each) { return each == found.front(); }));
    }

    TEST_CASE("how it can be executed: a build, a pause, a deployment") {
        CHECK(find_action_type("BUILD")->execution == execution_kind::commands);
        CHECK(find_action_type("VM_LINUX")->execution == execution_kind::commands);
        CHECK(find_action_type("SLEEP")->execution == execution_kind::sleep);
        CHECK(find_action_type("SFTP")->execution == execution_kind::native);
        CHECK(find_action_type("ANDROID_SIGN")->execution == execution_kind::unsupported);
        CHECK(find_action_type("AWS_CLI")->needs_integration);
        CHECK(find_action_type("AWS_CLI")->integration_types == names{"AMAZON"});
        CHECK_FALSE(find_action_type("BUILD")->needs_integration);
    }

    TEST_CASE("thrown with file and line: a file that is not as agreed") {
        for (const char* text :
             {"title: [",
              "- title: x",
              "title: x\ncolour: red",
              "fields: {a: {}}",
              "title: x\nfields: [a]",
              "title: x\nfields: {a: {secret: perhaps}}",
              "title: x\nfields: {a: {size: 3}}",
              "title: x\nfields: {a: {}}\nenvironment: {A: '${b}'}",
              "title: x\nenvironment: {A: '${'}",
              "title: x\nfields: {a: {}}\ncheck: {host: h, path: /, credentials: {A: '${a}'}, colour: red}",
              "title: x\nfields: {a: {}}\ncheck: {path: /, credentials: {A: '${a}'}}",
              "title: x\nfields: {a: {}}\ncheck: {host: h, host_field: a, path: /, credentials: {A: '${a}'}}",
              "title: x\nfields: {a: {}}\ncheck: {host_field: a, path: /, credentials: {A: '${a}'}}",
              "title: x\nfields: {a: {}}\ncheck: {host_field: b, path: /, credentials: {A: '${a}'}}",
              "title: x\nfields: {a: {}}\ncheck: {host: h, path: user, credentials: {A: '${a}'}}",
              "title: x\nfields: {a: {}}\ncheck: {host: h, path: /}",
              "title: x\nfields: {a: {}}\ncheck: {host: h, path: /, credentials: {A: '${b}'}}",
              "title: x\nfields: {a: {secret: false}}\ncheck: {host: h, path: /, credentials: {A: '${a}'}}",
              "title: x\nalternatives: [[a]]",
              "title: x\nfiles: [{name: a}]",
              "title: x\nfiles: [{colour: a}]"}) {
            CAPTURE(text);
            CHECK_THROWS_AS(read_integration_type({"X.yml", text}), std::logic_error);
        }
        for (const char* text : {"", "title: x\nexecution: magic", "title: x\nrequired: a", "title: x\ncolour: red",
                                 "execution: sleep", "title: x\nneeds_integration: 1"}) {
            CAPTURE(text);
            CHECK_THROWS_AS(read_action_type({"X.yml", text}), std::logic_error);
        }
        CHECK_THROWS_WITH(read_action_type({"X.yml", "title: x\ncolour: red"}), "X.yml:2: unknown key");
    }
}

TEST_SUITE("pipelines.delivery") {
    TEST_CASE("the names that the tools read: a type with a convention") {
        CHECK(names_in(all_of("AMAZON", "aws-prod")) == names{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                                              "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
                                                              "AWS_PROD_ACCESS_KEY", "AWS_PROD_SECRET_KEY",
                                                              "AWS_PROD_SESSION_TOKEN", "AWS_PROD_REGION"});
        CHECK(names_in(all_of("GIT_HUB", "gh")) == names{"GITHUB_TOKEN", "GH_TOKEN"});
        const delivery google = all_of("GOOGLE_SERVICE_ACCOUNT", "");
        REQUIRE_FALSE(google.files.empty());
        CHECK(google.files.front().variable == "GOOGLE_APPLICATION_CREDENTIALS");
        const delivery docker = all_of("DOCKER_HUB", "hub");
        REQUIRE(docker.files.size() == 1);
        CHECK(docker.files.front().directory);
    }

    TEST_CASE("INTEGRATION_ names: a type without a convention") {
        CHECK(names_in(all_of("LOGGLY", "logs")) == names{"INTEGRATION_TOKEN", "LOGS_TOKEN"});
    }

    TEST_CASE("left out: what needs a field that was not given") {
        const delivery given = deliver(*find_integration_type("AMAZON"), "aws",
                                       [](std::string_view field) { return field.ends_with("_key"); });
        CHECK(names_in(given) ==
              names{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY", "AWS_SECRET_KEY"});
        const delivery nothing = deliver(*find_integration_type("GOOGLE_SERVICE_ACCOUNT"), "g",
                                         [](std::string_view field) { return field == "google_project"; });
        CHECK(nothing.files.empty());
    }

    TEST_CASE("a usable name: an identifier of any characters") {
        CHECK(names_in(all_of("LOGGLY", "7 é")).back() == "_7____TOKEN");
    }

    TEST_CASE("public stays public: a field that is no secret") {
        for (const delivered_variable& variable : all_of("AMAZON", "aws").variables)
            CHECK(variable.secret == (variable.name.find("REGION") == std::string::npos));
    }

    TEST_CASE("filled in: literals, fields and base64") {
        const field_lookup values = [](std::string_view field) -> std::optional<std::string_view> {
            if (field == "user") return "ana";
            if (field == "password") return "s3cret:${user}";
            if (field == "empty") return "";
            return std::nullopt;
        };
        CHECK(expand("", values) == "");
        CHECK(expand("a${user}b$c", values) == "aanab$c");
        CHECK(expand("${password}", values) == "s3cret:${user}");
        CHECK(expand("<${base64(user:password)}>", values) == "<YW5hOnMzY3JldDoke3VzZXJ9>");
        CHECK(expand("${base64(user)}", values) == "YW5h");
        CHECK(expand("${base64(user:empty)}", values) == "YW5hOg==");
        CHECK(expand("${base64(empty:user)}", values) == "OmFuYQ==");
        CHECK(expand("${base64(empty)}", values) == "");
        CHECK_FALSE(expand("${nobody}", values));
        CHECK_FALSE(expand("${base64(user:nobody)}", values));
        for (const char* wrong : {"${", "${}", "${user", "${User}", "${a b}", "${base64()}", "${base64(a:)}",
                                  "${base64(a}", "${hex(a)}", "${a:b}"})
            CHECK_FALSE(expand(wrong, values));
    }

    TEST_CASE("nothing: a template or a value beyond the bounds") {
        CHECK_FALSE(template_fields(std::string(4097, 'x')));
        const std::string large(1U << 20U, 'x');
        const field_lookup values = [&](std::string_view) { return std::optional<std::string_view>(large); };
        CHECK(expand("${a}", values)->size() == large.size());
        CHECK_FALSE(expand("${a}x", values));
        CHECK_FALSE(expand("${a}${a}", values));
        CHECK_FALSE(expand("${base64(a:a)}", values));
    }
}
