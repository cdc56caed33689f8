// SPDX-License-Identifier: Apache-2.0
//
// The store in the product's own words. One method is one transaction: all of it happened, or nothing. Any thread may
// call it; calls block, so never from a loop. Ids are never used again. One conformance suite (tests/runner/store)
// runs against each implementation. Must not know SQL (sql_store.cpp), how runs are executed, or secrets in the
// clear.
#pragma once

#include "policy/audit_log.hpp"
#include "policy/grant.hpp"
#include "policy/snapshot.hpp"
#include "runner/error.hpp"
#include "runner/run/events.hpp"
#include "runner/vault/sealed.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace latchkey::store {

using facts = std::vector<std::pair<std::string, std::string>>;

// The one that is in every store: this machine's.
inline constexpr policy::workspace_id local_workspace{1};

struct project_record {
    policy::project_id id;
    std::string root;  // canonical path: the project's identity locally
    std::string name;  // last part of it
};

// A pipeline is this row, not its name: a name that disappears from its file is retired and never comes back to it.
struct pipeline_record {
    policy::pipeline_id id;
    policy::project_id project;
    std::string file;  // relative to the root
    std::string name;  // exact bytes
    bool retired = false;
};

struct integration_names {
    policy::integration_id id;
    std::string hash_id;
    std::string identifier;
    std::string name;
};

struct integration_record {
    policy::integration rights;  // id, scope, levels, rows
    policy::workspace_id workspace = local_workspace;
    std::string hash_id;     // 24 lower-case hex
    std::string identifier;  // unique in its scope, compared without case
    std::string name;
    std::string type;  // AMAZON
    std::string auth_type = "DEFAULT";
    facts settings;  // fields that are no secret: region, host_url
    std::vector<vault::sealed_field> fields;
    policy::time_point created_at{};
    policy::time_point changed_at{};
};

struct user_record {
    policy::user rights;
    std::string email;
    std::string name;
};

// What a run was started with; a retry runs exactly this again.
struct run_source {
    std::string file;    // relative to the project's root
    std::string commit;  // empty outside git
    bool dirty = false;  // the work tree had changes
    policy::ref ref;
    policy::source_trust trust = policy::source_trust::fork;
    policy::user_id fork_approved_by;
    std::string comment;
    std::string backend;                    // host, sandbox, container; empty: as each action says
    facts limits;                           // what each action may use (run/run_limits.hpp)
    facts images;                           // which stand in for others (run/image_stand_ins.hpp)
    std::string workspace;                  // where actions start
    std::string repository;                 // checked out into the pipeline's own filesystem; empty: a work tree
    facts changes;                          // since `base` (run/changes.hpp); empty: nothing asked
    std::string base;                       // a commit; empty: that of the last success
    std::vector<std::string> only_actions;  // places in the definition, from 1, that it executes; empty: all
    facts origin;                           // on a server: what started it, its priority, …; empty: a person, here
    facts parameters;                       // --var; never a secret
    std::vector<std::string> secret_names;  // supplied for the run, values not kept
};

// A file that an action type of a run comes from.
struct type_file {
    bool own = false;  // of the user, not of the repository
    std::string name;  // as messages call it: below the repository's root, or in full
    std::string text;
    friend bool operator==(const type_file&, const type_file&) = default;
};

struct new_run {
    policy::pipeline_id pipeline;
    policy::user_id actor;
    policy::time_point at{};
    run_source source;
    std::vector<type_file> type_files;  // kept with its definition
};

struct attempt_record {
    int number = 1;  // from 1
    run::status status = run::status::initial;
    policy::user_id actor;
    policy::time_point created_at{};
    std::optional<policy::time_point> started_at;
    std::optional<policy::time_point> ended_at;
    std::string error;     // why it failed; the report of missing permissions
    std::string reason;    // why there is this attempt: "retry", "grant and retry", …
    int from_action = -1;  // retry: the first action to execute; -1: all
    bool only_that_action = false;
    policy::revision decided_at;  // no older than the grant that made this attempt
};

struct audit_head {
    std::int64_t entries = 0;
    std::string hash;
};

struct run_record {
    policy::run_id id;
    std::int64_t number = 0;  // within its project, from 1: what a person types
    policy::project_id project;
    policy::pipeline_id pipeline;
    std::string pipeline_name;
    policy::user_id actor;
    policy::time_point created_at{};
    std::int64_t changed = 0;  // grows with each change that a list shows
    run_source source;
    std::vector<attempt_record> attempts;  // oldest first; never empty
};

// One decision with what it was about, for the audit log and for later questions.
struct decision_record {
    policy::decision decision;
    std::string subject;  // action and place: `action "Notify" (buddy.yml:31:20)`
};

struct new_attempt {
    policy::run_id run;
    policy::user_id actor;
    std::string reason;
    int from_action = -1;
    bool only_that_action = false;
    policy::time_point at{};
    bool queued = false;               // it waits for its turn, and its first event says so
    std::string idempotency_key = {};  // see store::attempt_by_key; conflict: it was used before
};

struct grant_spec {
    std::string ref_pattern;
    std::optional<policy::time_point> expires;
    bool once = false;  // this run only
};

struct grant_and_retry {
    policy::run_id run;
    policy::user_id actor;
    std::vector<policy::integration_id> integrations;  // all or nothing
    grant_spec spec;
    std::string idempotency_key;  // the same key again gives the same attempt, and changes nothing
    policy::time_point at{};
    int from_action = -1;
    bool only_that_action = false;
    // That told what is missing: recorded with it, also where it is refused.
    std::vector<decision_record> decisions = {};
    bool queued = false;  // see new_attempt
    bool waits = false;   // it was seen waiting for the permission: conflict where it does not any more
};

struct granted {
    int attempt = 0;
    policy::revision revision;  // the new attempt is decided no earlier than here
    bool repeated = false;      // this key was used before
};

using grant_outcome = std::variant<granted, std::vector<policy::refused_grant>>;

// What somebody said to an action that waits.
struct answer_record {
    int action = 0;
    bool accepted = false;
    policy::user_id actor;
    policy::time_point at{};
    facts variables;  // that were asked for; never a secret
    // The secrets that were asked for, as one value of answer_owner; gone once the attempt has ended.
    std::optional<vault::sealed_field> secrets = std::nullopt;
};

// Whose value the secrets of an answer are: moved to another run, attempt or action they do not open.
constexpr vault::value_owner answer_owner(policy::run_id run, int attempt, int action) {
    return {vault::value_kind::answer,
            run.value() << 32U | static_cast<std::int64_t>(attempt) << 16U | static_cast<std::int64_t>(action)};
}

struct run_query {
    std::optional<policy::project_id> project;
    std::optional<policy::pipeline_id> pipeline;
    int limit = 20;
    int offset = 0;
    std::optional<policy::workspace_id> workspace = {};
    std::vector<run::status> statuses = {};     // of the last attempt; empty: any
    std::string ref = {};                       // its full name
    std::optional<policy::user_id> actor = {};  // who started it, or its last attempt
    bool lacked_permissions = false;            // only those whose last attempt did
    policy::run_id before = {};                 // valid: older ones only
};

// The runs that have changed after a point, the longest unchanged first, and up to where that goes.
struct changed_runs {
    std::vector<run_record> runs;
    std::int64_t up_to = 0;
};

// Entries of the audit log that are about one integration.
enum class audit_part : unsigned char { all, uses };  // uses: what runs asked for and were given

// Which of a workspace's entries; as it is made: all.
struct audit_wish {
    std::optional<policy::audit_kind> kind;
    policy::user_id actor;  // valid: what this user did
    policy::time_point since = policy::time_point::min();
    policy::time_point until = policy::time_point::max();  // not itself
    std::int64_t least = 1;  // no entry before this one is looked at: how much a look may cost
};

class store {
public:
    virtual ~store() = default;

    // -- identity
    virtual result<project_record> project_at(const std::string& root) = 0;  // makes it when it is new
    // Brings the pipelines of one file up to date: new names get new ids, names that are gone are retired.
    // An audit entry says so of each.
    virtual result<std::vector<pipeline_record>> sync_pipelines(policy::project_id, const std::string& file,
                                                                std::span<const std::string> names,
                                                                policy::time_point) = 0;
    // Gives new names of a file their ids and retires nothing: for who only looks.
    virtual result<std::vector<pipeline_record>> add_pipelines(policy::project_id, const std::string& file,
                                                               std::span<const std::string> names) = 0;
    virtual result<pipeline_record> pipeline(policy::pipeline_id) = 0;
    virtual result<std::vector<pipeline_record>> pipelines(policy::project_id) = 0;  // without the retired
    // Whoever it is or was: a name to show. Says nothing about rights.
    virtual result<user_record> user(policy::user_id) = 0;
    // With role and groups in the project's workspace. not_found: they are no member of it (any more).
    virtual result<user_record> member_of(policy::project_id, policy::user_id) = 0;
    virtual result<user_record> local_owner() = 0;  // the only user of a local store, made with it: id 1
    virtual result<void> name_user(policy::user_id, const std::string& email, const std::string& name) = 0;

    // -- keys
    virtual result<std::vector<vault::wrapped_key>> keys() = 0;
    virtual result<void> add_key(const vault::wrapped_key&) = 0;
    // Replaces all wrapped keys (rotation of the master key), audited.
    virtual result<void> replace_keys(std::span<const vault::wrapped_key>, policy::user_id actor,
                                      policy::time_point) = 0;

    // -- integrations (each change: a new policy revision and an audit entry)
    // `seal` is called with the new id inside the transaction, since the id is part of what is sealed; it must not
    // call the store.
    using sealer = std::function<std::vector<vault::sealed_field>(policy::integration_id)>;
    // The pipelines that may use it, as a list: new ones are granted without condition, those that are not in it lose
    // what they had. Absent: grants stay as they are. usage: one is no pipeline that its scope covers.
    using pipeline_list = std::optional<std::vector<policy::pipeline_id>>;
    virtual result<integration_record> add_integration(integration_record, const sealer& seal, policy::user_id actor,
                                                       const pipeline_list&) = 0;
    result<integration_record> add_integration(integration_record record, const sealer& seal, policy::user_id actor) {
        return add_integration(std::move(record), seal, actor, std::nullopt);
    }
    // The grants that a list of pipelines replaces, as the caller has seen them. Then only one without condition is
    // enough for a pipeline of the list. Absent: whatever there is, and one that may yet allow something is enough.
    using seen_grants = std::optional<std::vector<policy::grant>>;
    // Rights, name, settings and fields as given. conflict: changed since `changed_at` was read, or there are other
    // grants than were seen. denied: `actor` lacks Manage on it; likewise of the two below, with the levels that
    // policy::may_delete and may_revoke ask for.
    virtual result<integration_record> edit_integration(const integration_record&, policy::user_id actor,
                                                        policy::time_point at, const pipeline_list&,
                                                        const seen_grants&) = 0;
    result<integration_record> edit_integration(const integration_record& record, policy::user_id actor,
                                                policy::time_point at, const pipeline_list& allowed = std::nullopt) {
        return edit_integration(record, actor, at, allowed, std::nullopt);
    }
    virtual result<void> remove_integration(policy::integration_id, policy::user_id actor, policy::time_point) = 0;
    virtual result<integration_record> integration(policy::integration_id) = 0;
    // Of the project's workspace. By identifier (without case), else hash_id, else number; those of the project
    // before those of the workspace.
    virtual result<integration_record> find_integration(policy::project_id, const std::string& reference) = 0;
    virtual result<integration_record> find_integration_by_hash(policy::workspace_id, const std::string& hash_id) = 0;
    virtual result<std::vector<integration_record>> integrations(policy::workspace_id) = 0;
    // Of them all, in the same order.
    virtual result<std::vector<policy::integration_id>> integration_ids(policy::workspace_id) = 0;
    // What they go by: of those whose identifier begins so, without case; of all, where nothing is said.
    virtual result<std::vector<integration_names>> names_of_integrations(policy::workspace_id,
                                                                         const std::string& beginning) = 0;

    // -- grants
    // denied: policy::may_grant says no to `actor`, and the audit log has it. Who granted it is always `actor`; the
    // id is the store's.
    virtual result<policy::grant> add_grant(policy::grant, policy::user_id actor) = 0;
    // Removes every grant of the pair; not_found if there was none. Returns how many.
    virtual result<int> revoke(policy::integration_id, policy::pipeline_id, policy::user_id actor,
                               policy::time_point) = 0;
    virtual result<std::vector<policy::grant>> grants(policy::integration_id) = 0;

    // -- facts for decisions: what these ids need, at the current revision, in one read
    virtual result<policy::snapshot> snapshot(policy::pipeline_id, std::span<const policy::integration_id>) = 0;
    virtual result<policy::revision> revision() = 0;  // of the facts, now
    // A whole new decision id range for `count` decisions; never used again.
    virtual result<policy::decision_id> next_decision_id(int count) = 0;

    // -- runs
    // With its first attempt; `definition` is the file's bytes as they are.
    virtual result<run_record> create_run(const new_run&, std::string_view definition) = 0;
    // conflict: the run's last attempt has not ended.
    virtual result<int> create_attempt(const new_attempt&) = 0;
    // One transaction: key, facts, check, grants, audit, attempt, revision. An attempt that waits for the permission
    // goes on, and no other is made. Refused: only the refusal is written, to
    // the audit log. conflict: the run's last attempt has not ended, or the key was used for something else.
    virtual result<grant_outcome> grant_and_retry(const grant_and_retry&) = 0;
    // The attempt that this key made of the run; none, if it made none yet. conflict: it was another run's.
    virtual result<std::optional<int>> attempt_by_key(policy::run_id, const std::string& idempotency_key) = 0;
    // Appends in order; sets the attempt's status, times and error from what they say. conflict: a sequence number
    // that is there already or leaves a gap, or an attempt that has ended.
    virtual result<void> append_events(policy::run_id, int attempt, std::span<const run::event>) = 0;
    virtual result<std::vector<run::event>> events(policy::run_id, int attempt, std::int64_t after) = 0;
    // Those of one kind, in order; one that is damaged is left out.
    virtual result<std::vector<run::event>> events_of_kind(policy::run_id, int attempt, run::event_kind) = 0;
    virtual result<run_record> run(policy::run_id) = 0;
    // The bytes of the file that it was started from.
    virtual result<std::string> definition_of(policy::run_id) = 0;
    virtual result<std::vector<type_file>> type_files_of(policy::run_id) = 0;  // as they were given
    virtual result<run_record> run_by_number(policy::project_id, std::int64_t number) = 0;
    virtual result<std::vector<run_record>> runs(const run_query&) = 0;  // newest first
    // In a workspace, or one project of it.
    virtual result<changed_runs> runs_changed(policy::workspace_id, const std::optional<policy::project_id>&,
                                              std::int64_t after, int limit) = 0;
    virtual result<std::int64_t> last_change() = 0;  // of all runs
    virtual result<std::int64_t> count_runs(policy::pipeline_id) = 0;
    virtual result<std::vector<run_record>> unfinished_runs() = 0;  // for recovery after a crash
    // The pipeline's newest run whose last attempt succeeded with all of its actions, of this ref where one is named.
    virtual result<std::optional<run_record>> last_success(policy::pipeline_id,
                                                           const std::optional<policy::ref>&) = 0;

    // Somebody vouches for the code of a run that comes from a fork: what they have Manage on it may use, if its
    // pipeline may. Audited. conflict: it comes from no fork.
    virtual result<run_record> approve_fork(policy::run_id, policy::user_id actor, policy::time_point) = 0;

    // -- answers
    // Kept for the executor, and audited. conflict: the attempt waits for nobody, or this action has its answer.
    virtual result<void> answer(policy::run_id, int attempt, const answer_record&) = 0;
    // None, as long as nobody has answered.
    virtual result<std::optional<answer_record>> answer_of(policy::run_id, int attempt, int action) = 0;

    // -- audit
    virtual result<void> record_decisions(std::span<const decision_record>, policy::user_id actor,
                                          policy::time_point) = 0;
    virtual result<void> audit(policy::audit_kind, policy::user_id actor, const facts&, policy::time_point) = 0;
    // How many entries were ever written and the last one's hash, as hex: more than walk_audit finds, and the end is
    // missing.
    virtual result<audit_head> head_of_audit() = 0;
    // Entries from `first` on, in order, handed over one by one; `visit` returns false to stop. An entry that can't
    // be read any more is handed over with a hash of zero, so that a verifier names it.
    virtual result<void> walk_audit(std::int64_t first,
                                    const std::function<bool(const policy::audit_entry&)>& visit) = 0;
    // Those that are about one workspace, before that entry, the newest first. One by itself proves nothing: the
    // chain is of all.
    virtual result<std::vector<policy::audit_entry>> audit_of(policy::workspace_id, const audit_wish&,
                                                              std::int64_t before, int limit) = 0;
    result<std::vector<policy::audit_entry>> audit_of(policy::workspace_id workspace, std::int64_t before,
                                                      int limit) {
        return audit_of(workspace, audit_wish(), before, limit);
    }
    virtual result<std::vector<policy::audit_entry>> audit_of(policy::integration_id, audit_part, std::int64_t before,
                                                              int limit) = 0;
    // Entries up to that time were written before they said which integration they are about: it does not find them.
    virtual result<policy::time_point> integrations_audited_after() = 0;
};

}  // namespace latchkey::store
