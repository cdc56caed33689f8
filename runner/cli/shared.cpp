// SPDX-License-Identifier: Apache-2.0
#include "pipelines/diagnostic.hpp"
#include "runner/cli/commands.hpp"
#include "runner/exec/capture.hpp"
#include "runner/run/image_stand_ins.hpp"

#include <charconv>

namespace latchkey::cli {

std::optional<std::chrono::seconds> length_of_time(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    std::chrono::seconds each{0};
    if (unit == "s") each = std::chrono::seconds(1);
    if (unit == "m") each = std::chrono::minutes(1);
    if (unit == "h") each = std::chrono::hours(1);
    if (unit == "d") each = std::chrono::hours(24);
    // Ten years: longer is "no end", which is said by leaving it out.
    if (error != std::errc() || each.count() == 0 || count <= 0 || count > std::chrono::hours(24 * 3650) / each)
        return std::nullopt;
    return count * each;
}

result<policy::time_point> time_from_now(context& c, const std::string& text) {
    const auto length = length_of_time(text);
    if (!length) return failure(errc::usage, "\"" + text + "\" is no time from now: say 30m, 2h or 7d");
    return c.now() + *length;
}

result<store::run_record> run_named(context& c, const std::string& text) {
    const std::string_view digits = text.starts_with('#') ? std::string_view(text).substr(1) : std::string_view(text);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number <= 0)
        return failure(errc::usage, "\"" + text + "\" is no run: `latchkey runs` lists their numbers");
    auto s = c.store();
    if (!s) return s.error();
    auto project = c.project();
    if (!project) return project.error();
    auto run = (*s)->run_by_number(project->id, number);
    if (!run && run.error().code == errc::not_found)
        return failure(errc::not_found,
                       "there is no run " + std::to_string(number) + " in this project: `latchkey runs` lists them");
    return run;
}

result<store::integration_record> integration_named(context& c, const std::string& reference) {
    auto s = c.store();
    if (!s) return s.error();
    auto project = c.project();
    if (!project) return project.error();
    auto record = (*s)->find_integration(project->id, reference);
    if (record || record.error().code != errc::not_found) return record;
    auto all = (*s)->integrations(store::local_workspace);
    if (!all) return all.error();
    std::vector<std::string_view> names;
    for (const store::integration_record& i : *all) names.emplace_back(i.identifier);
    const std::string_view near = pipelines::nearest(reference, names);
    return failure(errc::not_found, "there is no integration \"" + reference + "\" here: " +
                                        (near.empty() ? std::string("`latchkey integration list` lists them")
                                                      : "did you mean \"" + std::string(near) + "\"?"));
}

result<policy::ref> ref_named(const std::string& name) {
    if (name.starts_with("refs/heads/")) return policy::ref{policy::ref_type::branch, name};
    if (name.starts_with("refs/tags/")) return policy::ref{policy::ref_type::tag, name};
    if (name.starts_with("refs/pull/")) return policy::ref{policy::ref_type::pull_request, name};
    return failure(errc::usage,
                   "\"" + name + "\" is no full ref: say refs/heads/NAME, refs/tags/NAME or refs/pull/NUMBER");
}

result<policy::ref> ref_checked_out(context& c, const std::string& name, const std::string& commit) {
    auto ref = ref_named(name);
    if (!ref) return ref;
    if (commit.empty())
        return failure(errc::usage, "there is no commit checked out here: a run of it has no ref (--ref)");
    auto found = exec::capture({"git", "rev-parse", "--verify", "--quiet", name + "^{commit}"}, c.project_root());
    if (!found) return found.error();
    const std::string is = found->output.substr(0, found->output.find('\n'));
    if (found->exit_code != 0 || is.empty())
        return failure(errc::usage, "there is no " + name + " in this repository");
    if (is != commit)
        return failure(errc::usage, name + " is at " + is.substr(0, 7) + ", and what is checked out is at " +
                                        commit.substr(0, 7) + ": check it out to run it");
    return ref;
}

result<void> check_ref_pattern(const std::string& pattern) {
    if (pattern.empty() || pattern.starts_with("refs/") || pattern.starts_with('*')) return {};
    return failure(errc::usage,
                   "\"" + pattern + "\" would match no ref: refs are full names like refs/heads/main or refs/tags/*");
}

result<store::facts> parameters_of(const std::vector<std::string>& pairs) {
    store::facts all;
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == 0 || equals == std::string::npos)
            return failure(errc::usage, "\"" + pair + "\" is no variable: say --var KEY=VALUE");
        all.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return all;
}

result<store::facts> stand_ins_of(const std::vector<std::string>& pairs) {
    store::facts all;
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        all.emplace_back(pair.substr(0, equals), equals == std::string::npos ? "" : pair.substr(equals + 1));
    }
    if (auto checked = run::check_stand_ins(all); !checked) return checked.error();
    return all;
}

}  // namespace latchkey::cli
