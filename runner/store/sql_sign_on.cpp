// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_sign_on.hpp"

#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

vault::value_owner sealed_of(policy::workspace_id workspace) {
    return {vault::value_kind::sign_on, workspace.value()};
}

std::optional<sign_on_record> load_sign_on(sql_connection& in, policy::workspace_id workspace) {
    auto row = in.one<std::string, std::int64_t>(
        "SELECT settings, changed_at FROM sign_on WHERE workspace = :workspace AND enabled = 1", workspace.value());
    if (!row) return std::nullopt;
    auto settings = from_pairs_text(std::get<0>(*row));
    if (!settings)
        throw sql_error{
            {errc::corrupt, "the sign-on of workspace " + to_fact(workspace) + " is damaged: set it again"}};
    return sign_on_record{workspace, std::move(*settings), load_sealed(in, sealed_of(workspace)),
                          from_stored(std::get<1>(*row))};
}

}  // namespace

result<sign_on_record> sql_sign_on::get(policy::workspace_id workspace) {
    return database_->read([&](sql_connection& in) -> result<sign_on_record> {
        auto found = load_sign_on(in, workspace);
        if (!found) return failure(errc::not_found, "single sign-on is not enabled in this workspace");
        return std::move(*found);
    });
}

result<bool> sql_sign_on::is_set(policy::workspace_id workspace, std::string_view name) {
    return database_->read([&](sql_connection& in) -> result<bool> {
        const auto row = in.one<std::string>(
            "SELECT settings FROM sign_on WHERE workspace = :workspace AND enabled = 1", workspace.value());
        if (!row) return false;
        const auto settings = from_pairs_text(std::get<0>(*row));
        if (!settings)
            return failure(errc::corrupt,
                           "the sign-on of workspace " + to_fact(workspace) + " is damaged: set it again");
        return std::ranges::any_of(*settings,
                                   [name](const auto& s) { return s.first == name && s.second == "true"; });
    });
}

result<void> sql_sign_on::enable(policy::workspace_id workspace, policy::user_id actor, policy::time_point at) {
    return switch_to(true, workspace, actor, at);
}

result<void> sql_sign_on::disable(policy::workspace_id workspace, policy::user_id actor, policy::time_point at) {
    return switch_to(false, workspace, actor, at);
}

result<void> sql_sign_on::switch_to(bool enabled, policy::workspace_id workspace, policy::user_id actor,
                                    policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (load_sign_on(in, workspace).has_value() == enabled) return {};
        in.exec(
            "INSERT INTO sign_on (workspace, enabled, settings, changed_at) VALUES (:workspace, :enabled, '', :at) "
            "ON "
            "CONFLICT (workspace) DO UPDATE SET enabled = excluded.enabled",
            workspace.value(), enabled, to_stored(at));
        audit_change(in, policy::audit_kind::workspace_changed, workspace, actor,
                     {{"did", enabled ? "single sign-on enabled" : "single sign-on disabled"}}, at);
        return {};
    });
}

result<sign_on_record> sql_sign_on::edit(const sign_on_record& wanted, policy::user_id actor, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<sign_on_record> {
        if (auto may = check_administrator(in, wanted.workspace, actor); !may) return may.error();
        const auto known = load_sign_on(in, wanted.workspace);
        if (!known) return failure(errc::not_found, "single sign-on is not enabled in this workspace");
        if (known->changed_at != wanted.changed_at)
            return failure(errc::conflict, "it was changed by somebody else: look at it again, then edit");
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec("UPDATE sign_on SET settings = :settings, changed_at = :at WHERE workspace = :workspace",
                to_pairs_text(wanted.settings), to_stored(changed_at), wanted.workspace.value());
        put_sealed(in, sealed_of(wanted.workspace), wanted.secret);
        audit_change(
            in, policy::audit_kind::workspace_changed, wanted.workspace, actor,
            {{"did", "single sign-on edited"}, {"secret", known->secret == wanted.secret ? "same" : "changed"}}, at);
        return std::move(*load_sign_on(in, wanted.workspace));
    });
}

}  // namespace latchkey::store
