// SPDX-License-Identifier: Apache-2.0
//
// Runs the pipelines of a real file with the real program, offline: in a network namespace that holds a loopback
// only, in containers of one image whose programs record that they were called, on a repository made for it. One
// owner, one thread.
#pragma once

#include "pipelines/parse.hpp"
#include "tests/runner/cli/session.hpp"
#include "tests/support/engine.hpp"
#include "tests/support/server.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace latchkey::test {

// From now on this process, and what it starts, reach nothing but 127.0.0.1. Throws where it can't be had.
void leave_the_network();

struct ran_action {
    std::size_t of_file = 0;  // in pipeline::actions
    std::string name;         // as the plan calls it
    std::string status;       // of its last end; empty: it has none
    std::string text;         // why it ended so
    int started = 0;          // the sequence of that event; 0: it was not
    int ended = 0;
    bool in_shell = false;              // it executed a script whose variables are known
    std::set<std::string> environment;  // their names
    std::vector<std::string> programs;  // called, in order
    std::string last_line;              // that it printed
};

struct ran_pipeline {
    std::string name;
    int code = -1;
    std::string outcome;              // succeeded, failed, skipped …; empty: there was no run
    std::string why;                  // the last word where it did not succeed
    std::vector<ran_action> actions;  // those that were told of, by the plan's index
    std::set<std::string> passed;     // variables that actions passed on
};

class corpus_world {
public:
    // `pipelines`: of all files, whose commands become the programs of the image.
    corpus_world(const test_engine&, const std::vector<const pipelines::document*>& pipelines);

    // A program of this name tells that it was called.
    bool records(const std::string& program) const { return recorded_.contains(program); }

    // One file, as `.buddy/NAME` of a repository called `project`; `siblings` lie beside it.
    std::vector<ran_pipeline> run(const std::filesystem::path& file, const pipelines::document&,
                                  const std::string& project, const std::vector<std::filesystem::path>& siblings);

private:
    ran_pipeline run_one(const session&, const std::string& file, const std::string& text,
                         const pipelines::pipeline&);
    void add_integrations(const session&, const std::string& file, const pipelines::pipeline&,
                          std::set<std::string>& added) const;

    const test_engine& engine_;
    temp_dir overlay_;
    std::set<std::string> recorded_;
    server sink_;
    server ftp_;
    // Variables that say where a server is, and who logs in.
    std::map<std::string, std::string> values_;
    std::string value_of(const std::string& variable, const std::string& usual) const;
};

}  // namespace latchkey::test
