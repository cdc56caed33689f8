// SPDX-License-Identifier: Apache-2.0
#include "runner/run/service_request.hpp"

#include "pipelines/parse.hpp"

#include <doctest/doctest.h>

#include <map>

namespace {

namespace run = latchkey::run;
namespace pipelines = latchkey::pipelines;

std::vector<latchkey::exec::service> services_in(const std::string& list, std::vector<std::string>* unknown = nullptr,
                                                 std::string* why_not = nullptr) {
    const auto parsed = pipelines::parse(pipelines::source(
        "buddy.yml",
        "- pipeline: p\n  actions:\n    - action: a\n      type: BUILD\n      docker_image_name: x\n"
        "      execute_commands: [\"true\"]\n      services: " +
            list + "\n"));
    REQUIRE_EQ(parsed.model.pipelines.size(), 1);
    CHECK(parsed.problems.empty());
    const pipelines::variable_lookup plain = [](std::string_view name) -> std::optional<std::string> {
        return name == "V" ? std::optional<std::string>("17") : std::nullopt;
    };
    const pipelines::variable_lookup any = [&](std::string_view name) {
        return name == "PW" ? std::optional<std::string>("secret") : plain(name);
    };
    std::vector<std::string> names;
    auto made = run::services_for(parsed.model.pipelines[0].actions[0], plain, any, "volume",
                                  unknown != nullptr ? *unknown : names);
    if (!made && why_not != nullptr) *why_not = made.error().what;
    return made ? std::move(*made) : std::vector<latchkey::exec::service>();
}

// As a line, for comparison.
std::string text(const latchkey::exec::service& s) {
    std::string line = s.image + " " + s.host + ":" + std::to_string(s.port);
    for (const auto& [name, value] : s.environment) line += " " + name + "=" + value;
    for (const auto& [name, value] : s.secrets) line += " " + name + "<" + std::string(value.reveal());
    for (const std::string& word : s.command) line += " $ " + word;
    if (!s.kept.empty()) line += " " + s.kept + ":" + s.data;
    return line;
}

}  // namespace

TEST_SUITE("run.service_request") {
    TEST_CASE("each type gets what its image reads: accounts, a password by a file, or word that there is none") {
        for (const auto& [list, expected] : std::vector<std::pair<std::string, std::string>>{
                 {"[{type: POSTGRE_SQL, version: $V, connection: {host: db, user: u, password: $PW, db: shop}}]",
                  "postgres:17 db:5432 POSTGRES_USER=u POSTGRES_DB=shop POSTGRES_PASSWORD_FILE<secret"},
                 {"[{type: POSTGRE_SQL}]", "postgres postgres:5432 POSTGRES_HOST_AUTH_METHOD=trust"},
                 {"[{type: MYSQL, version: 8, connection: {user: root, password: $PW, port: 3307}}]",
                  "mysql:8 mysql:3307 MYSQL_ROOT_PASSWORD_FILE<secret"},
                 {"[{type: MARIADB, version: 11, connection: {user: app, password: $PW, db: shop}}]",
                  "mariadb:11 mariadb:3306 MARIADB_USER=app MARIADB_DATABASE=shop MARIADB_ROOT_PASSWORD_FILE<secret "
                  "MARIADB_PASSWORD_FILE<secret"},
                 {"[{type: MONGO_DB, connection: {user: u, password: $PW}}]",
                  "mongo mongo:27017 MONGO_INITDB_ROOT_USERNAME=u MONGO_INITDB_ROOT_PASSWORD_FILE<secret"},
                 {"[{type: REDIS, version: 7, persistent: true}]", "redis:7 redis:6379 volume-redis:/data"},
                 {"[{type: REDIS, connection: {password: $PW}}]",
                  "redis redis:6379 PASSWORD_FILE<secret $ { printf 'requirepass \"'; cat \"$PASSWORD_FILE\"; echo "
                  "'\"'; "
                  "} | exec redis-server -"},
                 {"[{type: MEMCACHED}]", "memcached memcached:11211"},
                 {"[{type: ELASTICSEARCH, version: 8.1}]",
                  "elasticsearch:8.1 elasticsearch:9200 discovery.type=single-node xpack.security.enabled=false"},
                 {"[{type: CUSTOM, docker_image_name: me/mail, docker_image_tag: $V, connection: {host: mail, port: "
                  "25}, "
                  "variables: [{key: A, value: $V}], command: start it}]",
                  "me/mail:17 mail:25 A=17 $ start it"},
             }) {
            const auto made = services_in(list);
            REQUIRE_EQ(made.size(), 1);
            CHECK_EQ(text(made[0]), expected);
        }
    }

    TEST_CASE("a secret stands in a password only, and what can't be is said") {
        std::vector<std::string> unknown;
        services_in("[{type: REDIS, connection: {host: $PW}}]", &unknown);
        CHECK_EQ(unknown, std::vector<std::string>{"PW"});
        std::string why_not;
        CHECK(services_in("[{type: REDIS, connection: {port: 70000}}]", nullptr, &why_not).empty());
        CHECK_EQ(why_not, "the service redis can't have the port \"70000\"");
    }
}
