// SPDX-License-Identifier: Apache-2.0
#include "pipelines/service.hpp"

#include <algorithm>
#include <array>

namespace latchkey::pipelines {

namespace {

constexpr std::array<service_type, 8> known_services = {{
    {.name = "MYSQL",
     .image = "mysql",
     .host = "mysql",
     .port = 3306,
     .user = "MYSQL_USER",
     .password_file = "MYSQL_PASSWORD_FILE",
     .root_password_file = "MYSQL_ROOT_PASSWORD_FILE",
     .database = "MYSQL_DATABASE",
     .data = "/var/lib/mysql",
     .without_password = "MYSQL_ALLOW_EMPTY_PASSWORD=yes"},
    {.name = "MARIADB",
     .image = "mariadb",
     .host = "mariadb",
     .port = 3306,
     .user = "MARIADB_USER",
     .password_file = "MARIADB_PASSWORD_FILE",
     .root_password_file = "MARIADB_ROOT_PASSWORD_FILE",
     .database = "MARIADB_DATABASE",
     .data = "/var/lib/mysql",
     .without_password = "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=yes"},
    {.name = "POSTGRE_SQL",
     .image = "postgres",
     .host = "postgres",
     .port = 5432,
     .user = "POSTGRES_USER",
     .password_file = "POSTGRES_PASSWORD_FILE",
     .database = "POSTGRES_DB",
     .data = "/var/lib/postgresql/data",
     .without_password = "POSTGRES_HOST_AUTH_METHOD=trust"},
    {.name = "MONGO_DB",
     .image = "mongo",
     .host = "mongo",
     .port = 27017,
     .user = "MONGO_INITDB_ROOT_USERNAME",
     .password_file = "MONGO_INITDB_ROOT_PASSWORD_FILE",
     .database = "MONGO_INITDB_DATABASE",
     .data = "/data/db"},
    {.name = "REDIS",
     .image = "redis",
     .host = "redis",
     .port = 6379,
     .data = "/data",
     .with_password = "{ printf 'requirepass \"'; cat \"$PASSWORD_FILE\"; echo '\"'; } | exec redis-server -"},
    {.name = "MEMCACHED", .image = "memcached", .host = "memcached", .port = 11211},
    {.name = "ELASTICSEARCH",
     .image = "elasticsearch",
     .host = "elasticsearch",
     .port = 9200,
     .data = "/usr/share/elasticsearch/data",
     .always = "discovery.type=single-node xpack.security.enabled=false"},
    {.name = "CUSTOM"},
}};

const yaml::node* services_field(const action& a) {
    for (const yaml::entry& e : a.fields)
        if (e.key == "services") return &e.value;
    return nullptr;
}

std::string text_of(const yaml::node& map, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        if (const yaml::node* n = map.find(key); n != nullptr && n->kind == yaml::kind::scalar) return n->text;
    return {};
}

// `variables` of CUSTOM: a list of key and value, or a map.
std::vector<std::pair<std::string, std::string>> variables_of(const yaml::node& map) {
    std::vector<std::pair<std::string, std::string>> all;
    const yaml::node* n = map.find("variables");
    if (n == nullptr) return all;
    for (const yaml::node& item : n->items) all.emplace_back(text_of(item, {"key"}), text_of(item, {"value"}));
    for (const yaml::entry& e : n->entries) all.emplace_back(e.key, e.value.text);
    return all;
}

service read(const yaml::node& map, const service_type& type) {
    service s;
    s.type = &type;
    s.where = map.where;
    s.image = type.image.empty() ? text_of(map, {"docker_image_name", "image"}) : std::string(type.image);
    const std::string tag = text_of(map, {"version", "docker_image_tag"});
    if (!s.image.empty() && !tag.empty()) s.image += ":" + tag;
    const yaml::node* connection = map.find("connection");
    const auto connected = [&](std::initializer_list<std::string_view> keys) {
        return connection != nullptr ? text_of(*connection, keys) : std::string();
    };
    s.host = connected({"host"});
    if (s.host.empty()) s.host = type.host;
    s.port = connected({"port"});
    if (s.port.empty() && type.port != 0) s.port = std::to_string(type.port);
    s.user = connected({"user"});
    s.password = connected({"password"});
    s.database = connected({"db", "database"});
    s.persistent = text_of(map, {"persistent"}) == "true";
    if (type.image.empty()) {
        s.command = text_of(map, {"command"});
        s.variables = variables_of(map);
    }
    return s;
}

}  // namespace

const service_type* find_service_type(std::string_view name) {
    const auto at = std::ranges::find(known_services, name, &service_type::name);
    return at == known_services.end() ? nullptr : &*at;
}

std::vector<std::string_view> service_type_names() {
    std::vector<std::string_view> names;
    for (const service_type& type : known_services) names.push_back(type.name);
    return names;
}

std::vector<service> services_of(const action& a, diagnostics* problems) {
    std::vector<service> all;
    const auto wrong = [&](span where, std::string message, std::string help) {
        if (problems != nullptr)
            problems->push_back({severity::error, "P049", where, std::move(message), std::move(help)});
    };
    const yaml::node* list = services_field(a);
    if (list == nullptr || list->kind == yaml::kind::null) return all;
    if (list->kind != yaml::kind::sequence) {
        wrong(list->where, "`services` is a list", "write `- type: POSTGRE_SQL` and its `connection` below it");
        return all;
    }
    for (const yaml::node& item : list->items) {
        const std::string name = text_of(item, {"type"});
        const service_type* type = find_service_type(name);
        if (type == nullptr) {
            const std::string_view near = nearest(name, service_type_names());
            wrong(item.where, name.empty() ? "a service has no `type`" : "unknown service " + in_backticks(name),
                  near.empty()
                      ? "write one of MYSQL, MARIADB, POSTGRE_SQL, MONGO_DB, REDIS, MEMCACHED, ELASTICSEARCH, CUSTOM"
                      : "did you mean `" + std::string(near) + "`?");
            continue;
        }
        service s = read(item, *type);
        if (s.image.empty())
            wrong(item.where, "a service of the type `CUSTOM` names no image", "add `docker_image_name`");
        else if (s.host.empty())
            wrong(item.where, "a service of the type `CUSTOM` has no name to be reached by",
                  "add `connection:` with a `host`");
        else if (std::ranges::find(all, s.host, &service::host) != all.end())
            wrong(item.where, "two services of this action have the host " + in_backticks(s.host),
                  "give each a `connection` with a `host` of its own");
        else
            all.push_back(std::move(s));
    }
    if (all.size() > most_services) {
        wrong(all[most_services].where, "an action has at most 5 services", "leave some out");
        all.resize(most_services);
    }
    return all;
}

}  // namespace latchkey::pipelines
