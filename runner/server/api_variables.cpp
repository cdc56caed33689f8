// SPDX-License-Identifier: Apache-2.0
// Variables of workspaces, projects, pipelines and environments (rest-api §9). What is encrypted is sealed here and
// never comes back.
#include "runner/server/default_keys.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/variable_input.hpp"
#include "runner/server/variable_places.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

namespace {

// A partial change of what somebody else changes at the same time is made again on what they left.
constexpr int most_tries = 200;

std::string etag_of(const store::variable_record& v) {
    return "\"" + std::to_string(v.changed_at.time_since_epoch().count()) + "\"";
}

answer shown(const call& c, const store::variable_record& v, int status) {
    return {status, view(c, v), {{"ETag", etag_of(v)}}};
}

result<store::variable_record> variable_at(const call& c) {
    const auto number = c.number("variable");
    if (!number) return number.error();
    auto found = c.server.stores.values->get(c.workspace->id, policy::variable_id(*number));
    if (!found) return found.error();
    const auto sees = may_see(c, found->owner);
    if (!sees) return sees.error();
    if (!*sees) return failure(errc::not_found, "there is no such variable");
    return found;
}

// A variable stays where it was made; clients send the same place with each change.
result<void> check_same_place(const call& c, input& in, const store::variable_owner& known) {
    const auto said = place_in(c, in);
    if (!said) return said.error();
    if (!*said || (*said)->level == store::variable_level::workspace) return {};
    const bool same = (*said)->level == known.level && (*said)->pipeline == known.pipeline &&
                      (*said)->environment == known.environment && (*said)->project == known.project;
    if (!same) return failure(errc::refused, "a variable can't be moved: add it there and remove this one");
    return {};
}

}  // namespace

result<answer> list_variables(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    const auto of = place_asked_for(c);
    if (!of) return of.error();
    json items = json::array();
    if (*of) {
        const auto level = (*of)->level;
        if (level == store::variable_level::workspace || level == store::variable_level::project) {
            // Whoever looks for it finds it. What somebody has put in its place is shown as it is.
            auto key = default_key(c.server.stores, c.server.vault, **of, c.now());
            if (!key && key.error().code != errc::refused) return key.error();
        }
        auto all = c.server.stores.values->list(**of);
        if (!all) return all.error();
        for (const auto& v : *all) items.push_back(view(c, v));
    }
    return answer{200, list_of(c.workspace_url() + "/variables", "variables", page_of(std::move(items), *page)), {}};
}

result<answer> get_variable(call& c) {
    auto found = variable_at(c);
    if (!found) return found.error();
    return shown(c, *found, 200);
}

result<answer> add_variable(call& c) {
    input in(c.body);
    store::variable_record wanted;
    wanted.created_at = c.now();
    wanted.key = in.required("key");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto place = place_in(c, in);
    if (!place) return place.error();
    wanted.owner =
        place->value_or(store::variable_owner{store::variable_level::workspace, c.workspace->id, {}, {}, {}});
    wanted.type = in.text("type").value_or("VAR");
    auto value = read_variable(in, wanted, true);
    if (!value) return value.error();
    const std::string plain = value->value_or("");
    store::variables::sealer seal;
    if (wanted.encrypted)
        seal = [&](policy::variable_id id) { return sealed_value(c, id, 1, plain); };
    else
        wanted.value = plain;
    auto made = c.server.stores.values->add(std::move(wanted), seal, c.actor());
    if (!made) return made.error();
    return shown(c, *made, 201);
}

result<answer> edit_variable(call& c) {
    auto known = variable_at(c);
    if (!known) return known.error();
    const std::string* if_match = c.request.header("If-Match");
    for (int i = 0; i < most_tries; ++i) {
        if (if_match != nullptr && *if_match != "*" && *if_match != etag_of(*known)) {
            json body = {{"errors", json::array({{{"message", "the variable was changed since: look again"}}})}};
            return answer{412, std::move(body), {{"ETag", etag_of(*known)}}};
        }
        input in(c.body);
        if (auto same = check_same_place(c, in, known->owner); !same) return same.error();
        store::variable_record changed = *known;
        if (const auto key = in.text("key"); key && !key->empty()) changed.key = *key;
        if (const auto type = in.text("type"); type && *type != known->type)
            return failure(errc::refused, "the type of a variable can't be changed: add another one");
        auto value = read_variable(in, changed, false);
        if (!value) return value.error();
        if (auto fine = put_value(c, *known, changed, std::move(*value)); !fine) return fine.error();
        auto edited = c.server.stores.values->edit(changed, c.actor(), c.now());
        if (edited) return shown(c, *edited, 200);
        if (edited.error().code != errc::conflict || if_match != nullptr) return edited.error();
        auto again = variable_at(c);
        if (!again) return again.error();
        if (again->changed_at == known->changed_at) return edited.error();  // the key is taken
        known = std::move(again);
    }
    return failure(errc::conflict, "too many others change this variable: try again");
}

result<answer> remove_variable(call& c) {
    auto known = variable_at(c);
    if (!known) return known.error();
    if (auto done = c.server.stores.values->remove(c.workspace->id, known->id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
