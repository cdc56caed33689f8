// SPDX-License-Identifier: Apache-2.0
// What is kept sealed for any owner but an integration.
#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

namespace latchkey::store {

std::optional<vault::sealed_field> load_sealed(sql_connection& in, const vault::value_owner& owner) {
    auto row = in.one<std::string, std::int64_t, std::int64_t, std::string>(
        "SELECT name, version, data_key, sealed FROM sealed_values WHERE kind = :kind AND owner = :owner",
        static_cast<int>(owner.kind), owner.id);
    if (!row) return std::nullopt;
    auto& [name, version, key, sealed] = *row;
    auto bytes = from_hex_text(sealed);
    if (!bytes)
        throw sql_error{
            {errc::corrupt, "the sealed value of " + name + " is damaged: set it again or restore a backup"}};
    return vault::sealed_field{std::move(name), version, key, std::move(*bytes)};
}

void put_sealed(sql_connection& in, const vault::value_owner& owner,
                const std::optional<vault::sealed_field>& field) {
    in.exec("DELETE FROM sealed_values WHERE kind = :kind AND owner = :owner", static_cast<int>(owner.kind),
            owner.id);
    if (!field) return;
    in.exec(
        "INSERT INTO sealed_values (kind, owner, name, version, data_key, sealed) VALUES (:kind, :owner, :name, "
        ":version, :data_key, :sealed)",
        static_cast<int>(owner.kind), owner.id, field->name, field->version, field->key, to_hex_text(field->bytes));
}

}  // namespace latchkey::store
