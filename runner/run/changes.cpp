// SPDX-License-Identifier: Apache-2.0
#include "runner/run/changes.hpp"

#include "runner/source/changes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace latchkey::run {

namespace {

using pipelines::condition_kind;

// A variable is a word of an action's environment, not a document; what a run keeps has its limit too.
constexpr std::size_t longest_variable = 32UL * 1024;
constexpr std::size_t most_kept = 1UL << 20U;

// Names, or parts of them, of the variables that git has to be asked for.
constexpr std::array<std::string_view, 11> asking = {"CHANGELOG",
                                                     "PREVIOUS_REVISION",
                                                     "PRE_COMMIT",
                                                     "REVISION_SUBJECT",
                                                     "REVISION_MESSAGE",
                                                     "COMMIT_SUBJECT",
                                                     "COMMIT_MESSAGE",
                                                     "_COMMITTER_",
                                                     "from_revision",
                                                     "to_revision.message",
                                                     "last_execution_revision"};

bool asks(const std::vector<pipelines::condition>& conditions) {
    return std::ranges::any_of(conditions, [](const pipelines::condition& c) {
        return c.kind == condition_kind::on_change || c.kind == condition_kind::on_change_at_path || asks(c.operands);
    });
}

// A script that reads a variable may lie in another file: then this one has to name it.
bool names_variables(std::string_view file) {
    return std::ranges::any_of(asking,
                               [&](std::string_view name) { return file.find(name) != std::string_view::npos; });
}

std::string value_of(const store::facts& facts, std::string_view name) {
    const auto at = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
    return at == facts.end() ? std::string() : at->second;
}

bool is_path(std::string_view name) {
    return name == "added" || name == "changed" || name == "deleted";
}

// As much of a list as fits, whole names only.
std::string joined(const store::facts& facts, std::string_view name) {
    std::string all;
    for (const auto& [key, path] : facts) {
        if (key != name) continue;
        if (all.size() + path.size() + 1 > longest_variable) break;
        all += (all.empty() ? "" : ",") + path;
    }
    return all;
}

std::string name_of(const store::run_record& run) {
    return run.pipeline_name + " #" + std::to_string(run.number);
}

const std::string& repository_of(const store::run_source& source) {
    return source.repository.empty() ? source.workspace : source.repository;
}

// The field's value, whichever of its two names the file uses.
std::string base_wanted(const pipelines::pipeline& p) {
    for (const pipelines::yaml::entry& e : p.fields)
        if (e.key == "git_changeset_base" || e.key == "change_set_base") return e.value.text;
    return "";
}

// With what the commit is compared; `why_not` where there is nothing.
struct base {
    std::string name;
    bool fork_point = false;
    std::string run;                        // whose commit it is, for people
    std::vector<std::string> also_changed;  // that run had them changed, and not committed
    std::string why_not;
};

base base_of_pull_request(const store::run_source& source) {
    base found;
    std::vector<std::string> names = {"refs/remotes/origin/HEAD"};
    for (const char* variable : {"BUDDY_RUN_PR_BASE_BRANCH", "BUDDY_EXECUTION_PULL_REQUEST_BASE_BRANCH"})
        if (const std::string branch = value_of(source.parameters, variable); !branch.empty())
            names = {"refs/remotes/origin/" + branch, "refs/heads/" + branch};
    for (const std::string& name : names) {
        if (!source::commit_named(repository_of(source), name)) continue;
        found.name = name;
        found.fork_point = true;
        return found;
    }
    found.why_not = "the branch that the pull request is for can't be told: say --var BUDDY_RUN_PR_BASE_BRANCH=NAME";
    return found;
}

result<base> base_of_last_run(store::store& s, const store::run_source& source, policy::pipeline_id pipeline,
                              bool of_this_ref) {
    base found;
    auto last = s.last_success(pipeline, of_this_ref ? std::optional(source.ref) : std::nullopt);
    if (!last) return last.error();
    if (!*last) {
        found.why_not = of_this_ref ? "no run of this pipeline has succeeded for this ref yet"
                                    : "no run of this pipeline has succeeded yet";
        return found;
    }
    const store::run_record& run = **last;
    found.name = run.source.commit;
    found.run = name_of(run);
    if (run.source.commit.empty()) found.why_not = "the last success, " + found.run + ", had no commit";
    // Its work tree is not the commit: what it had beside may be gone, which no comparison would show.
    for (const auto& [name, value] : run.source.changes)
        if (name == "uncommitted") found.also_changed.push_back(value);
    if (run.source.dirty && found.also_changed.empty())
        found.why_not = "the last success, " + found.run + ", had changes that were not committed and are not known";
    return found;
}

void add_words(store::facts& to, const source::change_list& list) {
    const auto add = [&to](const char* name, const std::string& value) {
        if (!value.empty()) to.emplace_back(name, value.substr(0, longest_variable));
    };
    add("base", list.base);
    add("base_subject", list.subject_of_base);
    add("log", list.log);
    add("subject", list.of_commit.subject);
    add("message", list.of_commit.message);
    add("committer_name", list.of_commit.committer_name);
    add("committer_email", list.of_commit.committer_email);
}

bool add_paths(store::facts& to, const source::change_list& list, const std::vector<std::string>& also_changed) {
    constexpr std::array names = {"added", "changed", "deleted"};
    std::size_t size = 0;
    for (const auto& [path, how] : list.files) {
        to.emplace_back(names.at(static_cast<std::size_t>(how)), path);
        size += path.size();
    }
    for (const std::string& path : also_changed)
        if (!list.files.contains(path)) {
            to.emplace_back("changed", path);
            size += path.size();
        }
    for (const std::string& path : list.uncommitted) {
        to.emplace_back("uncommitted", path);
        size += path.size();
    }
    return size <= most_kept;
}

}  // namespace

bool has_change_conditions(const pipelines::pipeline& p) {
    return asks(p.conditions) ||
           std::ranges::any_of(p.actions, [](const pipelines::action& a) { return asks(a.conditions); });
}

result<store::facts> find_changes(store::store& s, const definition& d, const store::run_source& source,
                                  policy::pipeline_id pipeline) {
    store::facts facts;
    if (!has_change_conditions(*d.pipeline) && !names_variables(d.source.text())) return facts;
    const auto everything = [&facts](std::string why) {
        std::erase_if(facts, [](const auto& f) { return is_path(f.first) || f.first == "uncommitted"; });
        facts.emplace_back("everything", std::move(why));
        return std::move(facts);
    };
    if (source.commit.empty()) return everything("there is no commit here to compare");
    const std::string wanted = base_wanted(*d.pipeline);
    run::base given;
    given.name = source.base;
    auto base = !source.base.empty() ? result<run::base>(given)
                : wanted == "PULL_REQUEST"
                    ? result<run::base>(base_of_pull_request(source))
                    : base_of_last_run(s, source, pipeline, wanted == "LATEST_RUN_MATCHING_REF");
    if (!base) return base.error();
    // What was checked out for the run has nothing beside its commit.
    const bool own = !source.repository.empty();
    source::change_question question{repository_of(source), source.commit, base->why_not.empty() ? base->name : "",
                                     base->fork_point, !own};
    auto list = source::changes_since(question);
    if (!list && list.error().code == errc::not_found) {
        // A rebase, a shallow clone: the commit that was built then is not here any more.
        base->why_not = base->run.empty() ? list.error().what
                                          : "the commit of the last success, " + base->run + " (" +
                                                base->name.substr(0, 7) + "), is not in this repository any more";
        question.base.clear();
        list = source::changes_since(question);
    }
    if (!list) return everything(list.error().what);
    add_words(facts, *list);
    if (!add_paths(facts, *list, base->also_changed)) return everything("more was changed than a run keeps");
    if (!base->why_not.empty()) facts.emplace_back("everything", base->why_not);
    return facts;
}

void tell_changes(const store::facts& facts, pipelines::condition_facts& to) {
    if (facts.empty() || !value_of(facts, "everything").empty()) return;
    to.changed_paths.emplace();
    for (const auto& [name, value] : facts)
        if (is_path(name)) to.changed_paths->push_back(value);
}

void tell_changes(const store::facts& facts, pipelines::run_facts& to) {
    to.previous_commit = value_of(facts, "base");
    to.previous_commit_subject = value_of(facts, "base_subject");
    to.commit_subject = value_of(facts, "subject");
    to.commit_message = value_of(facts, "message");
    to.committer_name = value_of(facts, "committer_name");
    to.committer_email = value_of(facts, "committer_email");
    to.changelog = value_of(facts, "log");
    to.changelog_added = joined(facts, "added");
    to.changelog_changed = joined(facts, "changed");
    to.changelog_deleted = joined(facts, "deleted");
}

std::string why_everything_changed(const store::facts& facts, const pipelines::pipeline& p) {
    const std::string why = value_of(facts, "everything");
    return why.empty() || !has_change_conditions(p) ? std::string() : "everything counts as changed: " + why;
}

}  // namespace latchkey::run
