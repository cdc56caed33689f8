// SPDX-License-Identifier: Apache-2.0
#include "runner/server/outer_variables.hpp"

#include "runner/server/default_keys.hpp"
#include "runner/server/environment_use.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

using store::variable_level;

std::string text_in(const store::facts& settings, std::string_view name) {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    return at == settings.end() ? std::string() : at->second;
}

result<std::vector<store::variable_record>> kept_for(store::stores& stores, const run::outer_request& r) {
    auto kept = stores.values->variables_for(r.pipeline);
    if (!kept) return kept.error();
    std::erase_if(*kept, is_kept_back);
    auto environments = environments_of(stores, r);
    if (!environments) {
        const errc code = environments.error().code;
        const bool decided = code == errc::not_found || code == errc::denied || code == errc::refused;
        if (r.only_to_look && decided) return kept;
        return environments.error();
    }
    std::vector<store::variable_record> theirs;
    for (const store::environment_record& e : *environments) {
        auto some = stores.values->list({variable_level::environment, e.workspace, e.project, {}, e.id});
        if (!some) return some.error();
        std::ranges::move(*some, std::back_inserter(theirs));
    }
    // The pipeline's own come after them.
    const auto own = std::ranges::find_if(
        *kept, [](const store::variable_record& v) { return v.owner.level == variable_level::pipeline; });
    kept->insert(own, std::make_move_iterator(theirs.begin()), std::make_move_iterator(theirs.end()));
    return kept;
}

// As the definition of a pipeline would have it.
std::optional<pipelines::variable> file_of(const store::variable_record& v) {
    const bool is_file = v.type == "FILE";
    if (!is_file && v.type != "SSH_KEY" && v.type != "GPG_KEY") return std::nullopt;
    if (text_in(v.settings, "file_place") != "CONTAINER") return std::nullopt;
    pipelines::variable file;
    file.key.value = v.key;
    file.type = is_file ? pipelines::variable_type::file : pipelines::variable_type::ssh_key;
    file.encrypted = v.encrypted;
    file.file_path = text_in(v.settings, "file_path");
    if (file.file_path.empty()) file.file_path = text_in(v.settings, "file_name");
    file.file_chmod = text_in(v.settings, "file_chmod");
    file.in_container = true;
    return file;
}

}  // namespace

result<std::vector<run::outer_variable>> variables_of(store::stores& stores, const run::outer_request& r) {
    auto kept = kept_for(stores, r);
    if (!kept) return kept.error();
    std::vector<run::outer_variable> all;
    for (store::variable_record& v : *kept)
        all.push_back({v.key, v.encrypted ? std::string() : v.value, v.encrypted, file_of(v)});
    return all;
}

result<std::map<std::string, vault::secret>> secret_variables_of(store::stores& stores,
                                                                 const run::access::unlock& unlock,
                                                                 const run::outer_request& r) {
    std::map<std::string, vault::secret> all;
    auto kept = kept_for(stores, r);
    if (!kept) return kept.error();
    for (const store::variable_record& v : *kept) {
        // Of two with one key the later counts, and it may be plain.
        all.erase(v.key);
        if (!v.sealed) continue;
        auto keys = unlock();
        if (!keys) return keys.error();
        auto opened = (*keys)->open_value({vault::value_kind::variable, v.id.value()}, *v.sealed);
        if (!opened) return opened.error();
        all.emplace(v.key, std::move(*opened));
    }
    return all;
}

}  // namespace latchkey::server
