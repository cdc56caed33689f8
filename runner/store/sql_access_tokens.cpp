// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_access_tokens.hpp"

#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

namespace latchkey::store {
namespace {

using stored_time = std::optional<std::int64_t>;
using token_row = std::tuple<std::string, std::int64_t, std::string, std::string, std::string, std::string,
                             std::string, std::int64_t, std::int64_t, stored_time, stored_time>;

access_token_record token_from(token_row& row) {
    auto& [id, user, hash, name, scopes, addresses, workspaces, created, by, expires, used] = row;
    auto scope_list = from_list_text(scopes);
    auto address_list = from_list_text(addresses);
    auto workspace_list = from_list_text(workspaces);
    // Damage must not read as "no restriction".
    if (!scope_list || !address_list || !workspace_list)
        throw sql_error{
            {errc::corrupt, "access token " + id + " in the store is damaged: remove it and make another"}};
    access_token_record found;
    found.id = std::move(id);
    found.user = policy::user_id(user);
    found.hash = std::move(hash);
    found.name = std::move(name);
    found.scopes = std::move(*scope_list);
    found.addresses = std::move(*address_list);
    found.workspaces = std::move(*workspace_list);
    found.created_at = from_stored(created);
    found.created_by = policy::user_id(by);
    found.expires_at = from_stored(expires);
    found.used_at = from_stored(used);
    return found;
}

std::string new_id() {
    std::string bytes(12, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex_text(bytes);
}

}  // namespace

result<access_token_record> sql_access_tokens::add(access_token_record wanted) {
    return database_->write([&](sql_connection& in) -> result<access_token_record> {
        if (auto person = load_person(in, wanted.user); !person) return person.error();
        wanted.id = new_id();
        in.exec(
            "INSERT INTO access_tokens (id, user_id, hash, name, scopes, addresses, workspaces, created_at, "
            "created_by, "
            "expires_at) VALUES (:id, :user, :hash, :name, :scopes, :addresses, :workspaces, :at, :by, :expires)",
            wanted.id, wanted.user.value(), wanted.hash, wanted.name, to_list_text(wanted.scopes),
            to_list_text(wanted.addresses), to_list_text(wanted.workspaces), to_stored(wanted.created_at),
            wanted.created_by.value(), to_stored(wanted.expires_at));
        append_audit(in, policy::audit_kind::token_changed, wanted.created_by, current_revision(in),
                     {{"did", "added"}, {"token", wanted.id}, {"user", to_fact(wanted.user)}, {"name", wanted.name}},
                     wanted.created_at);
        return wanted;
    });
}

result<access_token_record> sql_access_tokens::by_hash(const std::string& hash) {
    return database_->read([&](sql_connection& in) -> result<access_token_record> {
        auto row = in.one<std::string, std::int64_t, std::string, std::string, std::string, std::string, std::string,
                          std::int64_t, std::int64_t, stored_time, stored_time>(
            "SELECT id, user_id, hash, name, scopes, addresses, workspaces, created_at, created_by, expires_at, "
            "used_at "
            "FROM access_tokens WHERE hash = :hash",
            hash);
        if (!row) return no_such("token");
        return token_from(*row);
    });
}

result<std::vector<access_token_record>> sql_access_tokens::of(policy::user_id user) {
    return database_->read([&](sql_connection& in) -> result<std::vector<access_token_record>> {
        std::vector<access_token_record> found;
        for (auto& row : in.rows<std::string, std::int64_t, std::string, std::string, std::string, std::string,
                                 std::string, std::int64_t, std::int64_t, stored_time, stored_time>(
                 "SELECT id, user_id, hash, name, scopes, addresses, workspaces, created_at, created_by, expires_at, "
                 "used_at FROM access_tokens WHERE user_id = :user ORDER BY created_at, id",
                 user.value()))
            found.push_back(token_from(row));
        return found;
    });
}

result<access_token_record> sql_access_tokens::get(policy::user_id user, const std::string& id) {
    auto all = of(user);
    if (!all) return all.error();
    for (access_token_record& one : *all)
        if (one.id == id) return std::move(one);
    return no_such("token");
}

result<void> sql_access_tokens::remove(policy::user_id user, const std::string& id, policy::user_id actor,
                                       policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (in.exec("DELETE FROM access_tokens WHERE user_id = :user AND id = :id", user.value(), id) == 0)
            return no_such("token");
        append_audit(in, policy::audit_kind::token_changed, actor, current_revision(in),
                     {{"did", "removed"}, {"token", id}, {"user", to_fact(user)}}, at);
        return {};
    });
}

result<void> sql_access_tokens::used(const std::string& id, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE access_tokens SET used_at = :at WHERE id = :id", to_stored(at), id);
        return {};
    });
}

}  // namespace latchkey::store
