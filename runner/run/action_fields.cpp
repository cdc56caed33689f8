// SPDX-License-Identifier: Apache-2.0
#include "runner/run/action_fields.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/delivery.hpp"
#include "pipelines/variables.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace latchkey::run {

namespace {

// A field's value with its variables filled in.
struct filled {
    vault::secret value;
    bool secret = false;
};

class filler {
public:
    filler(const pipelines::action& a, const exec::request& r) : action_(a), request_(r) {}

    // nullptr: it is not given, or empty.
    result<const filled*> value_of(const std::string& key) {
        const auto known = values_.find(key);
        if (known != values_.end()) return known->second ? &*known->second : nullptr;
        std::optional<filled>& slot = values_[key];
        const pipelines::yaml::node* n = pipelines::field_of(action_, key);
        if (n == nullptr) return nullptr;
        auto made =
            make(key, *n, std::ranges::find(action_.kind->secret_fields, key) != action_.kind->secret_fields.end());
        if (!made) return made.error();
        slot = std::move(*made);
        return slot ? &*slot : nullptr;
    }

    // No value: it is empty.
    result<std::optional<filled>> make(const std::string& key, const pipelines::yaml::node& n, bool secret) {
        if (!n.entries.empty()) return wrong(key, "is a map, and has to be a text or a list");
        touched_ = secret;
        std::string text = fill(n);
        for (const pipelines::yaml::node& item : n.items) {
            std::string one = fill(item);
            if (!item.items.empty() || !item.entries.empty() || one.find('\n') != std::string::npos)
                return wrong(key, "has an item that is not one line of text");
            text += (&item == n.items.data() ? "" : "\n") + one;
        }
        if (text.find('\0') != std::string::npos) return wrong(key, "holds a NUL character");
        if (text.starts_with("secure!") || text.starts_with("!encrypted") || n.tag == "!encrypted")
            return wrong(key,
                         "is encrypted elsewhere and can't be opened here: write $NAME of an encrypted variable, and "
                         "give that with --secret-file");
        if (text.empty()) return std::optional<filled>();
        return std::optional(filled{vault::secret(std::move(text)), touched_});
    }

private:
    failure wrong(const std::string& key, const std::string& what) const {
        return {errc::usage, "the field \"" + key + "\" of \"" + action_.name.value + "\" " + what};
    }

    std::string fill(const pipelines::yaml::node& n) {
        return pipelines::interpolate(n.text, [this](std::string_view name) -> std::optional<std::string> {
            for (auto v = request_.secrets.rbegin(); v != request_.secrets.rend(); ++v)
                if (v->first == name) {
                    touched_ = true;
                    return std::string(v->second->reveal());
                }
            for (auto v = request_.environment.rbegin(); v != request_.environment.rend(); ++v)
                if (v->first == name) return v->second;
            return std::nullopt;
        });
    }

    const pipelines::action& action_;
    const exec::request& request_;
    std::map<std::string, std::optional<filled>, std::less<>> values_;
    bool touched_ = false;  // a secret had a part in what is being filled
};

// A template's text; no value: one of its fields is not given.
result<std::optional<filled>> made_from(const std::string& text, filler& fields) {
    bool secret = false;
    const auto names = pipelines::template_fields(text);
    if (!names) return failure(errc::corrupt, "the catalogue has \"" + text + "\", which is no template");
    for (const std::string& name : *names) {
        auto value = fields.value_of(name);
        if (!value) return value.error();
        if (*value == nullptr) return std::optional<filled>();
        secret = secret || (*value)->secret;
    }
    auto whole = pipelines::expand(text, [&](std::string_view name) -> std::optional<std::string_view> {
        const auto value = fields.value_of(std::string(name));
        return value && *value != nullptr ? std::optional((*value)->value.reveal()) : std::nullopt;
    });
    if (!whole) return failure(errc::usage, "its fields are larger than 1 MB");
    return std::optional(filled{vault::secret(std::move(*whole)), secret});
}

// The inputs of a custom action, under their own names; an integration is delivered as any is.
result<void> add_inputs(const pipelines::action& a, filler& fields, action_fields& out) {
    const pipelines::yaml::node* given = pipelines::field_of(a, "inputs");
    for (const pipelines::action_input& input : a.kind->inputs) {
        if (input.kind == pipelines::input_kind::integration) continue;
        pipelines::yaml::node fallback;
        fallback.text = input.fallback;
        const pipelines::yaml::node* value = given == nullptr ? nullptr : given->find(input.name);
        if (value == nullptr || (value->text.empty() && value->items.empty())) value = &fallback;
        auto made = fields.make(input.name, *value, input.kind == pipelines::input_kind::password);
        if (!made) return made.error();
        if (!*made) continue;
        out.names.push_back(input.name);
        if (input.kind == pipelines::input_kind::password)
            out.to_mask.emplace_back(std::string((*made)->value.reveal()));
        if ((*made)->secret)
            out.secrets.variables.emplace_back(input.name, std::move((*made)->value));
        else
            out.secrets.plain.emplace_back(input.name, std::string((*made)->value.reveal()));
    }
    return {};
}

}  // namespace

result<action_fields> fields_of(const pipelines::action& a, const exec::request& r) {
    action_fields out;
    filler fields(a, r);
    if (!a.kind->prelude.empty() && a.shell == pipelines::shell::powershell)
        return failure(errc::usage, "actions of the type " + a.type.value + " run in the shells SH and BASH only");
    for (const pipelines::delivered_variable& v : a.kind->variables) {
        auto made = made_from(v.value, fields);
        if (!made) return made.error();
        if (!*made) continue;
        out.names.push_back(v.name);
        if ((*made)->secret || v.secret)
            out.secrets.variables.emplace_back(v.name, std::move((*made)->value));
        else
            out.secrets.plain.emplace_back(v.name, std::string((*made)->value.reveal()));
    }
    for (const pipelines::delivered_file& f : a.kind->files) {
        if (std::ranges::find(out.names, f.variable) != out.names.end()) continue;
        auto made = made_from(f.content, fields);
        if (!made) return made.error();
        if (!*made) continue;
        out.names.push_back(f.variable);
        out.secrets.files.push_back({f.variable, f.name, std::move((*made)->value), f.directory});
    }
    for (const std::string& key : a.kind->secret_fields) {
        auto value = fields.value_of(key);
        if (!value) return value.error();
        if (*value != nullptr) out.to_mask.emplace_back(std::string((*value)->value.reveal()));
    }
    if (auto added = add_inputs(a, fields, out); !added) return added.error();
    return out;
}

}  // namespace latchkey::run
