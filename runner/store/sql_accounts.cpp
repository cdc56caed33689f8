// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_accounts.hpp"

#include "runner/store/sql_directory_parts.hpp"

namespace latchkey::store {
namespace {

constexpr std::int64_t most_emails = 20;
constexpr std::int64_t most_keys = 100;

using key_row = std::tuple<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t>;

public_key_record key_from(key_row& row) {
    auto& [id, user, title, content, fingerprint, created] = row;
    return {id,
            policy::user_id(user),
            std::move(title),
            std::move(content),
            std::move(fingerprint),
            from_stored(created)};
}

std::optional<public_key_record> load_key(sql_connection& in, policy::user_id user, std::int64_t id) {
    auto row = in.one<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t>(
        "SELECT id, user_id, title, content, fingerprint, created_at FROM user_keys WHERE id = :id AND user_id = "
        ":user",
        id, user.value());
    if (!row) return std::nullopt;
    return key_from(*row);
}

void audit_account(sql_connection& in, policy::user_id user, facts about, policy::time_point at) {
    about.emplace_back("user", to_fact(user));
    append_audit(in, policy::audit_kind::account_changed, user, current_revision(in), about, at);
}

}  // namespace

result<std::vector<email_record>> sql_accounts::emails(policy::user_id user) {
    return database_->read([&](sql_connection& in) -> result<std::vector<email_record>> {
        auto person = load_person(in, user);
        if (!person) return person.error();
        std::vector<email_record> all = {{person->email, true}};
        for (auto& [email, confirmed] : in.rows<std::string, std::int64_t>(
                 "SELECT email, confirmed FROM user_emails WHERE user_id = :user ORDER BY email_folded",
                 user.value()))
            all.push_back({std::move(email), confirmed != 0});
        return all;
    });
}

result<email_record> sql_accounts::add_email(policy::user_id user, const std::string& email, policy::time_point at) {
    if (auto fine = check_email(email); !fine) return fine.error();
    return database_->write([&](sql_connection& in) -> result<email_record> {
        if (auto person = load_person(in, user); !person) return person.error();
        const std::string wanted = folded(email);
        const auto owner = in.one<std::int64_t>("SELECT id FROM users WHERE email_folded = :email", wanted);
        // Whose it is, if it is somebody else's, is nobody's business.
        if (owner) return failure(errc::conflict, "that address is taken");
        const auto count =
            in.one<std::int64_t>("SELECT count(*) FROM user_emails WHERE user_id = :user", user.value());
        if (count && std::get<0>(*count) >= most_emails)
            return failure(errc::refused, "20 further addresses are the most: remove one first");
        if (in.exec(
                "INSERT INTO user_emails (user_id, email, email_folded, added_at) VALUES (:user, :email, :folded, "
                ":at) ON CONFLICT (user_id, email_folded) DO NOTHING",
                user.value(), email, wanted, to_stored(at)) == 0)
            return failure(errc::conflict, "that address is taken");
        audit_account(in, user, {{"did", "address added"}, {"email", email}}, at);
        return email_record{email, false};
    });
}

result<void> sql_accounts::remove_email(policy::user_id user, const std::string& email, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        auto person = load_person(in, user);
        if (!person) return person.error();
        if (folded(person->email) == folded(email))
            return failure(errc::refused, "you sign in with this address: it stays");
        if (in.exec("DELETE FROM user_emails WHERE user_id = :user AND email_folded = :email", user.value(),
                    folded(email)) == 0)
            return no_such("address");
        audit_account(in, user, {{"did", "address removed"}, {"email", email}}, at);
        return {};
    });
}

result<std::vector<public_key_record>> sql_accounts::keys(policy::user_id user) {
    return database_->read([&](sql_connection& in) -> result<std::vector<public_key_record>> {
        std::vector<public_key_record> all;
        for (auto& row : in.rows<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t>(
                 "SELECT id, user_id, title, content, fingerprint, created_at FROM user_keys WHERE user_id = :user "
                 "ORDER BY id",
                 user.value()))
            all.push_back(key_from(row));
        return all;
    });
}

result<public_key_record> sql_accounts::key(policy::user_id user, std::int64_t id) {
    return database_->read([&](sql_connection& in) -> result<public_key_record> {
        auto found = load_key(in, user, id);
        if (!found) return no_such("key");
        return std::move(*found);
    });
}

result<public_key_record> sql_accounts::add_key(public_key_record wanted) {
    return database_->write([&](sql_connection& in) -> result<public_key_record> {
        if (auto person = load_person(in, wanted.user); !person) return person.error();
        const auto count =
            in.one<std::int64_t>("SELECT count(*) FROM user_keys WHERE user_id = :user", wanted.user.value());
        if (count && std::get<0>(*count) >= most_keys)
            return failure(errc::refused, "100 keys are the most: remove one first");
        const auto made = in.one<std::int64_t>(
            "INSERT INTO user_keys (user_id, title, content, fingerprint, created_at) VALUES (:user, :title, "
            ":content, :fingerprint, :at) ON CONFLICT (user_id, fingerprint) DO NOTHING RETURNING id",
            wanted.user.value(), wanted.title, wanted.content, wanted.fingerprint, to_stored(wanted.created_at));
        if (!made) return failure(errc::conflict, "you have this key already");
        audit_account(in, wanted.user, {{"did", "key added"}, {"fingerprint", wanted.fingerprint}},
                      wanted.created_at);
        return std::move(*load_key(in, wanted.user, std::get<0>(*made)));
    });
}

result<void> sql_accounts::remove_key(policy::user_id user, std::int64_t id, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto known = load_key(in, user, id);
        if (!known) return no_such("key");
        in.exec("DELETE FROM user_keys WHERE id = :id", id);
        audit_account(in, user, {{"did", "key removed"}, {"fingerprint", known->fingerprint}}, at);
        return {};
    });
}

}  // namespace latchkey::store
