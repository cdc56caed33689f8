// SPDX-License-Identifier: Apache-2.0
//
// One pipeline of one file, read, and what it compiles to for one run. A retry reads the bytes that the run kept, so
// that it is the same definition whatever the file says now. Immutable once made; any thread may read it.
#pragma once

#include "pipelines/parse.hpp"
#include "pipelines/plan.hpp"
#include "runner/error.hpp"
#include "runner/run/type_files.hpp"
#include "runner/store/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::run {

struct definition {
    pipelines::source source;
    pipelines::parsed parsed;
    const pipelines::pipeline* pipeline = nullptr;  // within `parsed`
    std::vector<type_file> types;                   // the files that its action types come from, besides the program
    std::string type_problems;                      // the faults of those files, as a person reads them
    policy::project_id elsewhere = {};              // another project, whose file it is; else none

    // All of its faults, as a person reads them.
    std::string rendered() const { return type_problems + pipelines::render(source, parsed.problems); }
};

// Reads the file; `pipeline` is looked up by its exact name and may be missing (then the pointer is null). Of the
// `types` those that it uses are kept with it.
std::unique_ptr<definition> read_definition(std::string file, std::string yaml, const std::string& pipeline,
                                            std::vector<type_file> types = {});

// What a run was started from, from what the store kept. corrupt: it can't be read any more.
result<std::unique_ptr<definition>> kept_definition(store::store&, const store::run_record&);

// What a plan is compiled for, besides the definition.
struct compile_facts {
    const store::run_source& source;
    const store::project_record& project;
    const store::user_record& actor;
    policy::pipeline_id pipeline;
    std::int64_t number = 0;  // of the run; 0: there is none yet
    policy::time_point now{};
    std::set<std::pair<std::string, std::string>> successful_pipelines;
    std::vector<pipelines::environment_entry> inherited = {};  // those of the file win over them
};

struct compiled {
    pipelines::plan plan;
    pipelines::condition_facts facts;  // for conditions that are decided as the run goes
    pipelines::diagnostics problems;
    // What entries of the plan point to that are variables of elsewhere.
    std::shared_ptr<const std::vector<pipelines::variable>> outer = nullptr;
};

compiled compile(const definition&, const compile_facts&);

// engine: an action names an image, no container engine answers, and nobody said to do without. `find_engine` is
// asked at most once. Likewise where one asks for a token of the run and nobody here issues any.
result<void> check_executable(const pipelines::plan&, const std::string& backend,
                              const std::function<result<void>()>& find_engine, bool issues_tokens);

// BRANCH, TAG, PULL_REQUEST, or nothing: what the built-in variables and the tokens of runs say.
std::string_view name_of(policy::ref_type);

}  // namespace latchkey::run
