// SPDX-License-Identifier: Apache-2.0
//
// The pipelines of a project as an event finds them: those that the store knows, and those that the files of the
// event's commit define, which say themselves what starts them. One event, one thread; blocks.
#pragma once

#include "runner/server/run_executor.hpp"
#include "runner/triggers/event_filter.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::server {

class project_definitions {
public:
    project_definitions(store::stores& stores, project_files* files, const store::team_project_record& project)
        : stores_(stores), files_(files), project_(project) {}

    // Fetches the event's commit, where the project has a repository, and reads what it defines.
    result<void> read(const triggers::repository_event&);
    // Pipelines of its files that nobody has made: they are made, with their definition in git. And on the default
    // branch, what files say of when to start is noted, for schedules.
    result<void> make_missing(policy::user_id actor, policy::time_point now, server_log&);

    std::vector<triggers::candidate> candidates() const;
    const store::team_pipeline_record* record(policy::pipeline_id) const;
    const std::string& default_branch() const { return default_branch_; }

private:
    result<void> read_files(const project_files::state&);
    bool is_in_git(const store::team_pipeline_record&) const;
    const triggers::start_rules* in_files(const store::team_pipeline_record&) const;

    store::stores& stores_;
    project_files* files_;
    const store::team_project_record& project_;
    std::vector<store::team_pipeline_record> records_;
    std::map<std::string, triggers::start_rules> defined_;  // by their names in files
    std::string default_branch_;
    bool of_default_branch_ = false;
};

}  // namespace latchkey::server
