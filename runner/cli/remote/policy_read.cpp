// SPDX-License-Identifier: Apache-2.0
// The file of runner/cli/remote/policy_file.hpp, read.
#include "pipelines/catalogue.hpp"
#include "pipelines/yaml.hpp"
#include "runner/cli/remote/policy_file.hpp"

#include <algorithm>

namespace latchkey::cli::remote {

namespace {

namespace yaml = pipelines::yaml;

constexpr yaml::limits bounds{4U << 20U, 200'000, 12};

// Reads a tree and notes the first thing that is wrong.
class policy_reader {
public:
    explicit policy_reader(const pipelines::source& file) : file_(file) {}

    std::optional<failure> wrong;

    void refuse(pipelines::span where, const std::string& why) {
        const pipelines::position at = file_.at(where.begin);
        if (!wrong)
            wrong = failure(errc::usage, file_.name() + ":" + std::to_string(at.line) + ":" +
                                             std::to_string(at.column) + ": " + why);
    }

    // Of a map with these keys only.
    void keys(const yaml::node& map, std::initializer_list<std::string_view> known) {
        if (map.kind != yaml::kind::map) return refuse(map.where, "this must be a map");
        for (const yaml::entry& e : map.entries) {
            if (std::ranges::find(known, std::string_view(e.key)) != known.end()) continue;
            const std::string_view near = pipelines::nearest(e.key, {known.begin(), known.end()});
            return refuse(e.key_where, "there is no key " + pipelines::in_backticks(e.key) + " here" +
                                           (near.empty() ? "" : ": did you mean `" + std::string(near) + "`?"));
        }
    }

    std::string text(const yaml::node& map, std::string_view key, bool needed = false) {
        const yaml::node* n = map.find(key);
        if (n == nullptr && needed) refuse(map.where, "`" + std::string(key) + "` is missing");
        if (n == nullptr || n->kind == yaml::kind::null) return {};
        if (n->kind != yaml::kind::scalar) refuse(n->where, "`" + std::string(key) + "` must be a text");
        return n->text;
    }

    std::string word(const yaml::node& map, std::string_view key, std::initializer_list<std::string_view> known,
                     const std::string& otherwise) {
        const yaml::node* n = map.find(key);
        if (n == nullptr) return otherwise;
        return one_of(*n, known);
    }

    std::string one_of(const yaml::node& n, std::initializer_list<std::string_view> known) {
        if (n.kind == yaml::kind::scalar && std::ranges::find(known, std::string_view(n.text)) != known.end())
            return n.text;
        std::string list;
        for (const std::string_view k : known) list += (list.empty() ? "" : ", ") + std::string(k);
        refuse(n.where, "this must be one of " + list);
        return {};
    }

    template <class Take>
    void list(const yaml::node& map, std::string_view key, Take take) {
        const yaml::node* n = map.find(key);
        if (n == nullptr || n->kind == yaml::kind::null) return;
        if (n->kind != yaml::kind::sequence) return refuse(n->where, "`" + std::string(key) + "` must be a list");
        for (const yaml::node& item : n->items) take(item);
    }

    template <class Take>
    void entries(const yaml::node& map, std::string_view key, Take take) {
        const yaml::node* n = map.find(key);
        if (n == nullptr || n->kind == yaml::kind::null) return;
        if (n->kind != yaml::kind::map) return refuse(n->where, "`" + std::string(key) + "` must be a map");
        for (const yaml::entry& e : n->entries) take(e);
    }

private:
    const pipelines::source& file_;
};

constexpr std::initializer_list<std::string_view> levels = {"MANAGE", "USE_ONLY", "DELETE_ONLY", "DENIED"};

group_policy group_from(policy_reader& r, const yaml::node& n) {
    group_policy g;
    r.keys(n, {"name", "description", "members"});
    g.name = r.text(n, "name", true);
    g.description = r.text(n, "description");
    r.entries(n, "members", [&](const yaml::entry& e) {
        g.members[e.key] = r.one_of(e.value, {"MEMBER", "MANAGER"}) == "MANAGER";
    });
    return g;
}

allowed_pipeline allowed_from(policy_reader& r, const yaml::node& n) {
    allowed_pipeline a;
    if (n.kind == yaml::kind::scalar) {
        a.pipeline = n.text;
    } else {
        r.keys(n, {"pipeline", "ref", "expires"});
        a.pipeline = r.text(n, "pipeline", true);
        a.ref = r.text(n, "ref");
        a.expires = r.text(n, "expires");
    }
    const std::size_t slash = a.pipeline.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == a.pipeline.size())
        r.refuse(n.where, "a pipeline is named PROJECT/PIPELINE here");
    return a;
}

void read_settings(policy_reader& r, const yaml::node& n, integration_policy& i) {
    const auto* type = pipelines::find_integration_type(i.type);
    r.entries(n, "settings", [&](const yaml::entry& e) {
        const auto* f = type == nullptr ? nullptr : [&]() -> const pipelines::credential_field* {
            const auto at = std::ranges::find(type->fields, e.key, &pipelines::credential_field::name);
            return at == type->fields.end() ? nullptr : &*at;
        }();
        if (f != nullptr && f->secret)
            return r.refuse(e.key_where, "`" + e.key +
                                             "` is a secret, and none has a place in this file: `latchkey "
                                             "integration edit` takes it");
        if (f == nullptr)
            return r.refuse(e.key_where,
                            i.type + " has no field " + pipelines::in_backticks(e.key) + " that is no secret");
        if (e.value.kind != yaml::kind::scalar) return r.refuse(e.value.where, "this must be a text");
        i.settings[e.key] = e.value.text;
    });
}

integration_policy integration_from(policy_reader& r, const yaml::node& n) {
    integration_policy i;
    r.keys(n, {"identifier", "name", "type", "auth_type", "project", "settings", "admins", "others", "to_grant",
               "users", "groups", "all_pipelines", "pipelines"});
    i.identifier = r.text(n, "identifier", true);
    i.name = r.text(n, "name", true);
    i.type = r.text(n, "type", true);
    i.auth_type = r.text(n, "auth_type");
    i.project = r.text(n, "project");
    i.admins = r.word(n, "admins", {"MANAGE", "USE_ONLY", "DELETE_ONLY"}, "MANAGE");
    i.others = r.word(n, "others", levels, "USE_ONLY");
    i.demand = r.word(n, "to_grant", {"USE_ONLY", "MANAGE"}, "USE_ONLY");
    // What is not said is not allowed.
    i.all_pipelines = r.word(n, "all_pipelines", {"true", "false"}, "false") == "true";
    r.entries(n, "users", [&](const yaml::entry& e) { i.users[e.key] = r.one_of(e.value, levels); });
    r.entries(n, "groups", [&](const yaml::entry& e) { i.groups[e.key] = r.one_of(e.value, levels); });
    r.list(n, "pipelines", [&](const yaml::node& item) { i.pipelines.insert(allowed_from(r, item)); });
    read_settings(r, n, i);
    return i;
}

project_policy project_from(policy_reader& r, const yaml::node& n) {
    project_policy p;
    r.keys(n, {"name", "members", "groups"});
    p.name = r.text(n, "name", true);
    const auto read = [&](const char* key, std::map<std::string, std::string>& into) {
        r.entries(n, key, [&](const yaml::entry& e) {
            if (e.value.kind != yaml::kind::scalar || e.value.text.empty())
                return r.refuse(e.value.where, "this must be the name of a role");
            into[e.key] = e.value.text;
        });
    };
    read("members", p.members);
    read("groups", p.groups);
    return p;
}

// Twice in one list is one time too many: which of them stands?
template <class Item, class Name>
void refuse_twins(policy_reader& r, const yaml::node& list_of, const std::vector<Item>& all, Name Item::* name) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (!seen.insert(all[i].*name).second)
            r.refuse(list_of.items[i].where, "there are two of " + pipelines::in_backticks(all[i].*name) + " here");
}

}  // namespace

result<policy_document> policy_from(const std::string& text, const std::string& file) {
    const pipelines::source source(file, text);
    pipelines::diagnostics problems;
    const auto tree = yaml::read(source, problems, bounds);
    // A key that is there twice is only doubtful in a pipeline; here it would be a permission that is lost.
    if (!tree || !problems.empty()) {
        std::string all = pipelines::render(source, problems, 5);
        while (all.ends_with('\n')) all.pop_back();
        return failure(errc::usage, all);
    }
    policy_reader r(source);
    policy_document d;
    r.keys(*tree, {"workspace", "groups", "integrations", "projects"});
    if (tree->kind == yaml::kind::map) {
        d.workspace = r.text(*tree, "workspace");
        r.list(*tree, "groups", [&](const yaml::node& n) { d.groups.push_back(group_from(r, n)); });
        r.list(*tree, "integrations", [&](const yaml::node& n) { d.integrations.push_back(integration_from(r, n)); });
        r.list(*tree, "projects", [&](const yaml::node& n) { d.projects.push_back(project_from(r, n)); });
        if (const auto* n = tree->find("groups")) refuse_twins(r, *n, d.groups, &group_policy::name);
        if (const auto* n = tree->find("integrations"))
            refuse_twins(r, *n, d.integrations, &integration_policy::identifier);
        if (const auto* n = tree->find("projects")) refuse_twins(r, *n, d.projects, &project_policy::name);
    }
    if (r.wrong) return *r.wrong;
    return d;
}

}  // namespace latchkey::cli::remote
