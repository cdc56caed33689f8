// SPDX-License-Identifier: Apache-2.0
#include "runner/server/execution_input.hpp"

#include "runner/server/pipeline_settings.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

bool is_ref_name(const std::string& name) {
    // As git takes them, less what would be read as something else.
    return !name.empty() && name.size() <= 250 && !name.starts_with('-') && !name.starts_with('/') &&
           !name.ends_with('/') && !name.ends_with(".lock") && name.find("..") == std::string::npos &&
           name.find("@{") == std::string::npos && std::ranges::all_of(name, [](char ch) {
               const auto u = static_cast<unsigned char>(ch);
               return u > 0x20 && u != 0x7f && std::string_view("~^:?*[\\").find(ch) == std::string_view::npos;
           });
}

// "main" and "refs/heads/main" are the same branch.
policy::ref ref_in(input& in) {
    policy::ref ref;
    const auto take = [&](const char* field, policy::ref_type type, const std::string& prefix) {
        const auto object = in.object(field);
        if (!object) return;
        input inner(*object);
        std::string name = inner.text("name").value_or("");
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
        if (!is_ref_name(name)) in.refuse("`" + std::string(field) + ".name` is no name of a ref");
        if (ref.type != policy::ref_type::none) in.refuse("say one of `branch`, `tag` and `pull_request`");
        ref = {type, prefix + name};
    };
    take("branch", policy::ref_type::branch, "refs/heads/");
    take("tag", policy::ref_type::tag, "refs/tags/");
    take("pull_request", policy::ref_type::pull_request, "refs/");
    return ref;
}

// Which actions, by their numbers in the pipeline; none: all.
void read_parts(input& in, std::vector<std::string>& parts) {
    const auto numbers = in.numbers("actions_to_run");
    if (!numbers) return;
    for (const std::int64_t number : *numbers) {
        if (number < 1) in.refuse("`actions_to_run` has numbers of actions, from 1");
        if (std::ranges::find(parts, std::to_string(number)) == parts.end()) parts.push_back(std::to_string(number));
    }
}

// What would be a promise that is not kept.
void refuse_fields_without_effect(input& in) {
    if (in.has("package_version"))
        in.refuse(
            "`package_version` is one of Buddy's package registry, and this server keeps no packages: leave it out");
}

}  // namespace

void read_variables(input& in, store::facts& plain, std::map<std::string, vault::secret>& secrets) {
    const auto all = in.objects("variables");
    if (!all) return;
    for (const json& each : *all) {
        input one(each);
        const std::string key = one.required("key");
        std::string value = one.text("value").value_or("");
        const bool encrypted = one.flag("encrypted").value_or(false);
        if (const auto fine = one.checked(); !fine) in.refuse("in `variables`: " + fine.error().what);
        const bool good = !key.empty() && std::ranges::all_of(key, [](char ch) {
            return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_';
        });
        if (!good || (key.front() >= '0' && key.front() <= '9'))
            in.refuse("\"" + key + "\" can't name a variable: letters, digits and _, and no digit at its beginning");
        if (encrypted)
            secrets.insert_or_assign(key, vault::secret(std::move(value)));
        else
            plain.emplace_back(key, std::move(value));
    }
}

void read_scope(input& in, run::retry_request& to) {
    const auto from = in.text("from");
    const auto only = in.text("only");
    to.everything = in.flag("all").value_or(false);
    if ((from ? 1 : 0) + (only ? 1 : 0) + (to.everything ? 1 : 0) > 1)
        in.refuse("say one of `from`, `only` and `all`");
    to.from_action = only.value_or(from.value_or(""));
    to.only_that_action = only.has_value();
    if ((from || only) && to.from_action.empty()) in.refuse("`from` and `only` name an action");
}

result<run_order> order_from(const call& c) {
    input in(c.body);
    run_order order;
    order.project = *c.project;
    order.pipeline = *c.pipeline;
    order.actor = c.actor();
    order.ref = ref_in(in);
    // Whoever opens a pull request writes its files: nobody has approved them yet.
    if (order.ref.type == policy::ref_type::pull_request) order.trust = policy::source_trust::fork;
    if (const auto revision = in.object("to_revision")) {
        input inner(*revision);
        order.revision = inner.text("revision").value_or("");
    }
    if (const auto revision = in.object("from_revision")) {
        input inner(*revision);
        order.base = inner.required("revision");
        if (auto fine = inner.checked(); !fine) in.refuse("`from_revision` needs a `revision`");
    }
    if (const auto environment = in.object("environment")) {
        input inner(*environment);
        order.origin.emplace_back(origin::environment, inner.required("id"));
        if (auto fine = inner.checked(); !fine) in.refuse("`environment` needs an `id`");
    }
    read_parts(in, order.only_actions);
    order.comment = in.text("comment").value_or("");
    order.origin.emplace_back(origin::triggered_on, "CLICK");
    std::string priority = in.text("priority").value_or("");
    if (priority.empty()) priority = setting_of(c.pipeline->settings, "priority").get<std::string>();
    if (priority != "LOW" && priority != "NORMAL" && priority != "HIGH")
        in.refuse("`priority` must be LOW, NORMAL or HIGH");
    order.origin.emplace_back(origin::priority, priority);
    if (in.flag("refresh").value_or(false)) order.origin.emplace_back("refresh", "true");
    if (in.flag("clear_cache").value_or(false)) order.origin.emplace_back(origin::clear_cache, "true");
    if (const auto until = in.text("delay_until")) {
        const auto at = time_from(*until);
        if (!at) in.refuse("`delay_until` must be a time like 2026-01-02T03:04:05Z");
        if (at) order.origin.emplace_back(origin::delay_until, std::to_string(at->time_since_epoch().count()));
    }
    read_variables(in, order.parameters, order.secrets);
    refuse_fields_without_effect(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (setting_of(c.pipeline->settings, "description_required") == true && order.comment.empty())
        return failure(errc::usage, "this pipeline wants a `comment` with each run");
    if (setting_of(c.pipeline->settings, "disabled") == true) {
        const json why = setting_of(c.pipeline->settings, "disabled_reason");
        return failure(errc::conflict,
                       "the pipeline is disabled" + (why.is_string() ? ": " + why.get<std::string>() : ""));
    }
    return order;
}

}  // namespace latchkey::server
