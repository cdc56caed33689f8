// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_sign_ins.hpp"

#include "runner/store/sql_directory_parts.hpp"

namespace latchkey::store {
namespace {

using stored_time = std::optional<std::int64_t>;

std::optional<session_record> load_session(sql_connection& in, const std::string& hash) {
    auto row = in.one<std::int64_t, std::string, std::int64_t, std::int64_t, stored_time>(
        "SELECT user_id, how, created_at, used_at, confirmed_at FROM sessions WHERE hash = :hash", hash);
    if (!row) return std::nullopt;
    auto& [user, how, created, used, confirmed] = *row;
    return session_record{
        hash, policy::user_id(user), std::move(how), from_stored(created), from_stored(used), from_stored(confirmed)};
}

void audit_login(sql_connection& in, policy::user_id user, facts about, policy::time_point at) {
    append_audit(in, policy::audit_kind::login, user, current_revision(in), about, at);
}

void store_password(sql_connection& in, policy::user_id user, const std::string& hash, policy::time_point at) {
    in.exec(
        "INSERT INTO passwords (user_id, hash, changed_at) VALUES (:id, :hash, :at) "
        "ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        user.value(), hash, to_stored(at));
}

// A password opens all that its user may see: who hands one out must be over them everywhere.
result<void> check_over(sql_connection& in, policy::user_id maker, policy::user_id user) {
    for (const auto& [workspace, role] : in.rows<std::int64_t, std::int64_t>(
             "SELECT workspace, role FROM members JOIN workspaces ON workspaces.id = members.workspace WHERE user_id "
             "= :user AND removed_at IS NULL",
             user.value())) {
        const auto own = load_member(in, policy::workspace_id(workspace), maker);
        if (!own || own->user.rights.role == policy::workspace_role::member)
            return failure(
                errc::denied,
                "only somebody who administers every workspace that they are in can let them set a password");
        if (static_cast<std::int64_t>(own->user.rights.role) < role)
            return failure(errc::denied, "only the owner can let the owner set a password");
    }
    return {};
}

std::optional<password_link_record> load_link(sql_connection& in, const std::string& hash, policy::time_point at) {
    const auto row = in.one<std::int64_t, std::int64_t, std::int64_t>(
        "SELECT user_id, created_by, expires_at FROM password_links WHERE hash = :hash", hash);
    if (!row || from_stored(std::get<2>(*row)) <= at) return std::nullopt;
    return password_link_record{hash, policy::user_id(std::get<0>(*row)), policy::user_id(std::get<1>(*row)),
                                from_stored(std::get<2>(*row))};
}

}  // namespace

result<void> sql_sign_ins::begin_session(const session_record& s, const std::string& peer) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto person = load_person(in, s.user); !person) return person.error();
        in.exec(
            "INSERT INTO sessions (hash, user_id, how, created_at, used_at, confirmed_at) VALUES (:hash, :user, "
            ":how, "
            ":created, :used, :confirmed)",
            s.hash, s.user.value(), s.how, to_stored(s.created_at), to_stored(s.used_at), to_stored(s.confirmed_at));
        audit_login(in, s.user, {{"did", "logged in"}, {"how", s.how}, {"from", peer}}, s.created_at);
        return {};
    });
}

result<session_record> sql_sign_ins::session(const std::string& hash) {
    return database_->read([&](sql_connection& in) -> result<session_record> {
        auto found = load_session(in, hash);
        if (!found) return no_such("session");
        return std::move(*found);
    });
}

result<void> sql_sign_ins::session_used(const std::string& hash, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE sessions SET used_at = :at WHERE hash = :hash", to_stored(at), hash);
        return {};
    });
}

result<void> sql_sign_ins::session_confirmed(const std::string& hash, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto found = load_session(in, hash);
        if (!found) return no_such("session");
        in.exec("UPDATE sessions SET confirmed_at = :at WHERE hash = :hash", to_stored(at), hash);
        audit_login(in, found->user, {{"did", "confirmed"}}, at);
        return {};
    });
}

result<void> sql_sign_ins::end_session(const std::string& hash, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto found = load_session(in, hash);
        if (!found) return no_such("session");
        in.exec("DELETE FROM sessions WHERE hash = :hash", hash);
        audit_login(in, found->user, {{"did", "logged out"}}, at);
        return {};
    });
}

result<void> sql_sign_ins::end_sessions(policy::user_id user, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto ended = in.exec("DELETE FROM sessions WHERE user_id = :user", user.value());
        audit_login(in, user, {{"did", "logged out everywhere"}, {"sessions", std::to_string(ended)}}, at);
        return {};
    });
}

result<void> sql_sign_ins::drop_old_sessions(policy::time_point began, policy::time_point used) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("DELETE FROM sessions WHERE created_at <= :began OR used_at <= :used", to_stored(began),
                to_stored(used));
        return {};
    });
}

result<void> sql_sign_ins::change_password(policy::user_id user, const std::string& hash, const std::string& keep,
                                           policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto person = load_person(in, user); !person) return person.error();
        store_password(in, user, hash, at);
        in.exec("DELETE FROM sessions WHERE user_id = :user AND hash <> :keep", user.value(), keep);
        in.exec("DELETE FROM password_links WHERE user_id = :user", user.value());
        append_audit(in, policy::audit_kind::password_changed, user, current_revision(in), {{"user", to_fact(user)}},
                     at);
        return {};
    });
}

result<void> sql_sign_ins::add_password_link(const password_link_record& link, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto person = load_person(in, link.user); !person) return person.error();
        if (auto may = check_over(in, link.created_by, link.user); !may) return may;
        in.exec(
            "INSERT INTO password_links (user_id, hash, created_by, expires_at) VALUES (:user, :hash, :by, :expires) "
            "ON "
            "CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, created_by = excluded.created_by, expires_at = "
            "excluded.expires_at",
            link.user.value(), link.hash, link.created_by.value(), to_stored(link.expires_at));
        append_audit(in, policy::audit_kind::password_changed, link.created_by, current_revision(in),
                     {{"user", to_fact(link.user)}, {"did", "link made"}, {"workspace", to_fact(link.workspace)}},
                     at);
        return {};
    });
}

result<policy::user_id> sql_sign_ins::user_of_password_link(const std::string& hash, policy::time_point at) {
    return database_->read([&](sql_connection& in) -> result<policy::user_id> {
        const auto link = load_link(in, hash, at);
        if (!link) return no_such("link");
        return link->user;
    });
}

result<policy::user_id> sql_sign_ins::use_password_link(const std::string& hash, const std::string& password,
                                                        policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<policy::user_id> {
        const auto link = load_link(in, hash, at);
        if (!link) return no_such("link");
        // Since it was made its user may have joined others, or its maker have lost their role.
        if (auto may = check_over(in, link->created_by, link->user); !may) return may.error();
        store_password(in, link->user, password, at);
        in.exec("DELETE FROM password_links WHERE hash = :hash", hash);
        in.exec("DELETE FROM sessions WHERE user_id = :user", link->user.value());
        append_audit(in, policy::audit_kind::password_changed, link->user, current_revision(in),
                     {{"user", to_fact(link->user)}, {"did", "set by link"}, {"link_by", to_fact(link->created_by)}},
                     at);
        return link->user;
    });
}

result<policy::user_id> sql_sign_ins::outside_user(const std::string& issuer, const std::string& subject) {
    return database_->read([&](sql_connection& in) -> result<policy::user_id> {
        const auto row = in.one<std::int64_t>(
            "SELECT user_id FROM outside_identities WHERE issuer = :issuer AND subject = :subject", issuer, subject);
        if (!row) return no_such("user");
        return policy::user_id(std::get<0>(*row));
    });
}

result<void> sql_sign_ins::add_outside_user(const std::string& issuer, const std::string& subject,
                                            policy::user_id user, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto person = load_person(in, user); !person) return person.error();
        if (in.exec("INSERT INTO outside_identities (issuer, subject, user_id, linked_at) VALUES (:issuer, :subject, "
                    ":user, :at) ON CONFLICT (issuer, subject) DO NOTHING",
                    issuer, subject, user.value(), to_stored(at)) == 0)
            return failure(errc::conflict, "this subject of " + issuer + " is a user already: try again");
        audit_login(in, user, {{"did", "linked"}, {"issuer", issuer}, {"subject", subject}}, at);
        return {};
    });
}

}  // namespace latchkey::store
