// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_signing_keys.hpp"

#include "runner/store/sql_parts.hpp"
#include "runner/store/text_form.hpp"

namespace latchkey::store {

result<std::vector<signing_key_record>> sql_signing_keys::all() {
    return database_->read([&](sql_connection& in) -> result<std::vector<signing_key_record>> {
        std::vector<signing_key_record> found;
        for (auto& [id, public_key, data_key, sealed, made, retired] :
             in.rows<std::string, std::string, std::int64_t, std::string, std::int64_t, std::optional<std::int64_t>>(
                 "SELECT id, public_key, data_key, sealed, made_at, retired_at FROM signing_keys ORDER BY CASE WHEN "
                 "retired_at IS NULL THEN 0 ELSE 1 END, made_at DESC, id")) {
            auto bytes = from_hex_text(sealed);
            if (!bytes)
                return failure(errc::corrupt,
                               "the signing key " + id + " in the store is damaged: rotate to a new one");
            signing_key_record key;
            key.id = id;
            key.public_key = std::move(public_key);
            key.sealed = {id, 1, data_key, std::move(*bytes)};
            key.made_at = from_stored(made);
            key.retired_at = from_stored(retired);
            found.push_back(std::move(key));
        }
        return found;
    });
}

result<void> sql_signing_keys::add(const signing_key_record& key, const std::string& instead_of,
                                   policy::time_point forget_before, policy::user_id actor) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto current = in.one<std::string>("SELECT id FROM signing_keys WHERE retired_at IS NULL");
        if ((current ? std::get<0>(*current) : "") != instead_of)
            return failure(errc::conflict, "another signing key has been made meanwhile");
        in.exec("UPDATE signing_keys SET retired_at = :at WHERE retired_at IS NULL", to_stored(key.made_at));
        in.exec("DELETE FROM signing_keys WHERE retired_at < :before", to_stored(forget_before));
        in.exec(
            "INSERT INTO signing_keys (id, public_key, data_key, sealed, made_at) VALUES (:id, :public, :data, "
            ":sealed, "
            ":at)",
            key.id, key.public_key, key.sealed.key, to_hex_text(key.sealed.bytes), to_stored(key.made_at));
        append_audit(in, policy::audit_kind::key_rotated, actor, current_revision(in),
                     {{"key", "signs the tokens of runs"}, {"id", key.id}, {"instead_of", instead_of}}, key.made_at);
        return {};
    });
}

}  // namespace latchkey::store
