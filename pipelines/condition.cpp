// SPDX-License-Identifier: Apache-2.0
#include "pipelines/condition.hpp"

#include "pipelines/diagnostic.hpp"
#include "pipelines/number_text.hpp"
#include "pipelines/path_pattern.hpp"
#include "pipelines/timezone.hpp"

#include <algorithm>
#include <array>

namespace latchkey::pipelines {

namespace {

condition_result settled_result(bool met, std::string why_not) {
    return {met, true, met ? std::string() : std::move(why_not)};
}

bool same_text(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(left, right, {}, lower, lower);
}

condition_result evaluate_change(const condition& wanted, const condition_facts& facts) {
    if (!facts.changed_paths) return settled_result(true, {});
    if (wanted.kind == condition_kind::on_change)
        return settled_result(!facts.changed_paths->empty(), "nothing was changed");
    const bool met = std::ranges::any_of(*facts.changed_paths, [&](const std::string& path) {
        return std::ranges::any_of(wanted.paths,
                                   [&](const std::string& pattern) { return matches_path(pattern, path); });
    });
    std::string why_not = "nothing was changed in ";
    for (const std::string& pattern : wanted.paths) {
        if (&pattern != &wanted.paths.front()) why_not += ", ";
        why_not += in_backticks(pattern);
    }
    return settled_result(met, why_not);
}

condition_result evaluate_comparison(const condition& wanted, const std::string& actual) {
    const std::string name = in_backticks(wanted.variable);
    const std::optional<std::strong_ordering> order = compare_numbers(actual, wanted.value);
    if (!order) {
        const bool is_number = compare_numbers(actual, "0").has_value();
        return settled_result(false, is_number ? in_backticks(wanted.value) + " is not a number"
                                               : name + " is " + in_backticks(actual) + ", not a number");
    }
    const bool less =
        wanted.kind == condition_kind::var_less_than || wanted.kind == condition_kind::var_less_than_or_equal;
    const bool or_equal = wanted.kind == condition_kind::var_less_than_or_equal ||
                          wanted.kind == condition_kind::var_greater_than_or_equal;
    const bool met = *order == std::strong_ordering::equal ? or_equal : (*order < 0) == less;
    return settled_result(met, name + " is " + in_backticks(actual) + ", not " + (less ? "less" : "greater") +
                                   " than " + (or_equal ? "or equal to " : "") + in_backticks(wanted.value));
}

condition_result evaluate_value(const condition& wanted, const std::string& actual) {
    const std::string is = in_backticks(wanted.variable) + " is " + in_backticks(actual);
    const bool contains = actual.find(wanted.value) != std::string::npos;
    switch (wanted.kind) {
        case condition_kind::var_is:
            return settled_result(actual == wanted.value, is + ", not " + in_backticks(wanted.value));
        case condition_kind::var_is_not:
            return settled_result(actual != wanted.value, is);
        case condition_kind::var_contains:
            return settled_result(contains, is + ", which does not contain " + in_backticks(wanted.value));
        case condition_kind::var_not_contains:
            return settled_result(!contains, is + ", which contains " + in_backticks(wanted.value));
        default:
            return evaluate_comparison(wanted, actual);
    }
}

condition_result evaluate_variable(const condition& wanted, const condition_facts& facts) {
    condition_result out;
    if (facts.secret_variables.contains(wanted.variable)) {
        out = settled_result(false, in_backticks(wanted.variable) + " is encrypted, and a condition can't read it");
    } else {
        const auto found = facts.variables.find(wanted.variable);
        out = evaluate_value(wanted, found == facts.variables.end() ? std::string() : found->second);
    }
    out.settled = !facts.changing_variables.contains(wanted.variable);
    return out;
}

condition_result evaluate_time(const condition& wanted, const condition_facts& facts) {
    constexpr std::array day_names = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    const wall_time time = time_in_zone(wanted.zone, facts.now);
    if (!time.unknown.empty()) return settled_result(false, time.unknown);
    // The day's last hour is written as 24 or as 0.
    const auto is_hour = [&](int hour) { return hour % 24 == time.hour; };
    const bool hour = std::ranges::any_of(wanted.hours, is_hour);
    const bool day = std::ranges::find(wanted.days, time.day) != wanted.days.end();
    const bool ask_hour = wanted.kind == condition_kind::hour || !wanted.hours.empty();
    const bool ask_day = wanted.kind == condition_kind::day || !wanted.days.empty();
    const std::string zone = " in " + in_backticks(wanted.zone.empty() ? "UTC" : wanted.zone);
    if (wanted.kind != condition_kind::hour && ask_day && !day)
        return settled_result(false,
                              std::string("it is ") + day_names.at(static_cast<std::size_t>(time.day - 1)) + zone);
    if (wanted.kind != condition_kind::day && ask_hour && !hour)
        return settled_result(false, "it is " + std::to_string(time.hour) + " o'clock" + zone);
    return settled_result(true, {});
}

condition_result evaluate_user(const condition& wanted, const condition_facts& facts) {
    if (facts.user.empty()) return settled_result(false, "nobody is known to have started the run");
    const bool is = same_text(facts.user, wanted.value);
    const bool member = facts.groups.contains(wanted.value);
    const std::string user = in_backticks(facts.user);
    switch (wanted.kind) {
        case condition_kind::triggering_user_is:
            return settled_result(is, user + " started the run, not " + in_backticks(wanted.value));
        case condition_kind::triggering_user_is_not:
            return settled_result(!is, user + " started the run");
        case condition_kind::triggering_user_is_in_group:
            return settled_result(member, user + " is not in the group " + in_backticks(wanted.value));
        default:
            return settled_result(!member, user + " is in the group " + in_backticks(wanted.value));
    }
}

// One word, two spellings in use.
std::string_view status_word(std::string_view status) {
    return status == "SUPRESSED" ? "SUPPRESSED" : status;
}

condition_result evaluate_status(const condition& wanted, const condition_facts& facts) {
    const auto found = facts.action_status.find(wanted.action);
    if (found == facts.action_status.end())
        return {false, false, "the action " + in_backticks(wanted.action) + " has not ended"};
    const bool same = status_word(found->second) == status_word(wanted.value);
    const std::string is = "the action " + in_backticks(wanted.action) + " is " + found->second;
    return wanted.kind == condition_kind::action_status_is ? settled_result(same, is + ", not " + wanted.value)
                                                           : settled_result(!same, is);
}

condition_result evaluate_success(const condition& wanted, const condition_facts& facts) {
    const std::string& project = wanted.project.empty() ? facts.project : wanted.project;
    return settled_result(facts.successful_pipelines.contains({project, wanted.pipeline}),
                          "the last run of the pipeline " + in_backticks(wanted.pipeline) + " was not a success");
}

void join_or(condition_result& either, const condition_result& next) {
    if (either.met && either.settled) return;
    if (next.met && next.settled) {
        either = next;
        return;
    }
    either.settled = either.settled && next.settled;
    if (either.met || next.met) {
        either.met = true;
        either.why_not.clear();
    } else {
        either.why_not += ", and " + next.why_not;
    }
}

condition_result evaluate_either(const condition& wanted, const condition_facts& facts) {
    if (wanted.operands.empty()) return settled_result(false, "an `OR` joins no conditions");
    condition_result out = evaluate(wanted.operands.front(), facts);
    for (std::size_t i = 1; i < wanted.operands.size(); ++i) join_or(out, evaluate(wanted.operands[i], facts));
    return out;
}

void join_and(condition_result& all, const condition_result& next) {
    if (!all.met && all.settled) return;
    if (!next.met && (next.settled || all.met)) {
        all = next;
        return;
    }
    all.settled = all.settled && next.settled;
}

bool is_infix_or(const condition& c) {
    return c.kind == condition_kind::any_of && c.operands.empty();
}

}  // namespace

condition_result evaluate(const condition& wanted, const condition_facts& facts) {
    switch (wanted.kind) {
        case condition_kind::always:
            return settled_result(true, {});
        case condition_kind::on_change:
        case condition_kind::on_change_at_path:
            return evaluate_change(wanted, facts);
        case condition_kind::var_is:
        case condition_kind::var_is_not:
        case condition_kind::var_contains:
        case condition_kind::var_not_contains:
        case condition_kind::var_less_than:
        case condition_kind::var_less_than_or_equal:
        case condition_kind::var_greater_than:
        case condition_kind::var_greater_than_or_equal:
            return evaluate_variable(wanted, facts);
        case condition_kind::day:
        case condition_kind::hour:
        case condition_kind::datetime:
            return evaluate_time(wanted, facts);
        case condition_kind::triggering_user_is:
        case condition_kind::triggering_user_is_not:
        case condition_kind::triggering_user_is_in_group:
        case condition_kind::triggering_user_is_not_in_group:
            return evaluate_user(wanted, facts);
        case condition_kind::success_pipeline:
            return evaluate_success(wanted, facts);
        case condition_kind::action_status_is:
        case condition_kind::action_status_is_not:
            return evaluate_status(wanted, facts);
        case condition_kind::any_of:
            return evaluate_either(wanted, facts);
        case condition_kind::unknown:
            break;
    }
    return settled_result(false, "its condition is not known and counts as not met");
}

condition_result evaluate(const std::vector<condition>& list, const condition_facts& facts) {
    condition_result all = settled_result(true, {});
    for (std::size_t i = 0; i < list.size(); ++i) {
        // `A`, `OR`, `B`: one at the list's edge joins nothing and is not met.
        condition_result group = evaluate(list[i], facts);
        while (!is_infix_or(list[i]) && i + 2 < list.size() && is_infix_or(list[i + 1]) &&
               !is_infix_or(list[i + 2])) {
            i += 2;
            join_or(group, evaluate(list[i], facts));
        }
        join_and(all, group);
    }
    return all;
}

}  // namespace latchkey::pipelines
