// SPDX-License-Identifier: Apache-2.0
#include "runner/server/connection_check.hpp"

#include "pipelines/delivery.hpp"
#include "runner/source/address.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

std::string_view setting(const store::facts& settings, std::string_view name) {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    return at == settings.end() ? std::string_view() : std::string_view(at->second);
}

// "gitlab.acme.test/" and "https://gitlab.acme.test" are the same place.
std::string origin_of(std::string_view place) {
    while (place.ends_with('/')) place.remove_suffix(1);
    return (place.find("://") == std::string_view::npos ? "https://" : "") + std::string(place);
}

std::string host_of(const std::string& origin) {
    const std::size_t start = origin.find("://") + 3;
    return origin.substr(start, std::min(origin.find('/', start), origin.size()) - start).substr(0, 200);
}

failure nothing_to_ask(std::string why) {
    return {errc::refused, std::move(why)};
}

}  // namespace

result<connection_question> question_of(const pipelines::integration_type& type,
                                        const store::integration_record& record) {
    if (!type.check)
        return nothing_to_ask("no question is known that asks " + type.title +
                              " whether it takes a credential: the first run that uses it shows it");
    const pipelines::connection_check& check = *type.check;
    std::string place = check.host;
    if (place.empty()) {
        place = setting(record.settings, check.host_field);
        const auto field = std::ranges::find(type.fields, check.host_field, &pipelines::credential_field::name);
        if (place.empty())
            return nothing_to_ask("the integration does not say where its service is: fill in \"" +
                                  field->description + "\", together with the credential");
        // What follows a host's path would take the question's place.
        if (place.find_first_of("?#\\") != std::string::npos)
            return nothing_to_ask("\"" + field->description + "\" is no address of a server");
    }
    const auto given = [&](const std::string& name) {
        return !setting(record.settings, name).empty() ||
               std::ranges::find(record.fields, name, &vault::sealed_field::name) != record.fields.end();
    };
    const auto whole = [&](const pipelines::shown_credential& c) {
        return std::ranges::all_of(pipelines::template_fields(c.value).value_or(std::vector<std::string>()), given);
    };
    const auto shown = std::ranges::find_if(check.credentials, whole);
    if (shown == check.credentials.end())
        return nothing_to_ask("no question is known for this kind of credential of " + type.title +
                              ": the first run that uses it shows whether it is taken");
    connection_question q;
    const std::string origin = origin_of(place);
    q.host = host_of(origin);
    // Its port is no part of the name, and an address of version 6 stands in brackets.
    const std::string name =
        q.host.starts_with('[') ? q.host.substr(1, q.host.find(']') - 1) : q.host.substr(0, q.host.find(':'));
    if (origin.starts_with("http://") && !source::is_loopback_host(name))
        return nothing_to_ask(q.host +
                              " is asked without TLS, where anybody on the way reads the credential: write https://");
    q.request.url = origin + check.path;
    q.request.headers = check.headers;
    q.request.get = !check.post;
    q.request.secret_header = shown->header;
    q.credential = shown->value;
    return q;
}

vault::secret credential_of(const connection_question& q, const store::facts& settings,
                            std::span<const vault::opened_field> opened) {
    auto value = pipelines::expand(q.credential, [&](std::string_view name) -> std::optional<std::string_view> {
        const auto field = std::ranges::find(opened, name, &vault::opened_field::name);
        if (field != opened.end()) return field->value.reveal();
        const std::string_view plain = setting(settings, name);
        return plain.empty() ? std::nullopt : std::optional(plain);
    });
    return value ? vault::secret(std::move(*value)) : vault::secret();
}

connection_answer meaning_of(const pipelines::connection_check& check, const std::string& host,
                             const result<outgoing::response>& said) {
    if (!said) return {false, said.error().what.substr(0, 500)};
    const std::string with = " (it answers with " + std::to_string(said->status) + ")";
    if (said->status >= 200 && said->status <= 299) {
        if (check.answer.empty() || said->body.find(check.answer) != std::string::npos)
            return {true, host + " takes the credential"};
        return {false, host + " does not take the credential: put a new one in its place"};
    }
    if (said->status == 401)
        return {false, host + " does not take the credential" + with + ": put a new one in its place"};
    if (said->status == 403)
        return {false, host + " does not take the credential, or lets it read nothing" + with +
                           ": look at its rights there, or put a new one in its place"};
    if (said->status >= 300 && said->status <= 399)
        return {false, host + " sends on to another address" + with +
                           ", and a credential does not follow: correct the address"};
    if (said->status == 404)
        return {false, host + " does not know the question" + with + ": look whether it is the right server"};
    return {false, host + " does not say whether it takes the credential" + with + ": try again later"};
}

bool leads_elsewhere(const pipelines::integration_type& type, const store::facts& before, const store::facts& after) {
    if (!type.check || type.check->host_field.empty()) return false;
    return setting(before, type.check->host_field) != setting(after, type.check->host_field);
}

}  // namespace latchkey::server
