// SPDX-License-Identifier: Apache-2.0
//
// latchkey pipeline: those of a project on a server.
#include "runner/cli/files.hpp"
#include "runner/cli/remote/team_support.hpp"

#include <ostream>

namespace latchkey::cli::remote {

int pipeline_list(place& p, const team_args& args) {
    auto base = p.project_path();
    if (!base) return p.c().fail(base.error());
    return show_list(p.c(), p.api().all(*base + "/pipelines", "pipelines"), "pipelines", args.json,
                     {{"PIPELINE", [](const json& x) { return cell_of(x, "name"); }},
                      {"ID", [](const json& x) { return cell_of(x, "id"); }},
                      {"LAST RUN", [](const json& x) { return cell_of(x, "last_execution_status"); }}},
                     "no pipelines yet: `latchkey pipeline add NAME -f FILE` makes one");
}

int pipeline_show(place& p, const team_args& args) {
    auto base = p.project_path();
    if (!base) return p.c().fail(base.error());
    auto found = p.pipeline(args.name);
    if (!found) return p.c().fail(found.error());
    auto whole = p.api().get(*base + "/pipelines/" + std::to_string(number_in(*found, "id")));
    const int code = show_one(p.c(), whole, args.json,
                              {{"pipeline", "name"},
                               {"id", "id"},
                               {"identifier", "identifier"},
                               {"definition", "git_config_ref"},
                               {"last run", "last_execution_status"},
                               {"priority", "priority"},
                               {"disabled", "disabled"}});
    if (!whole || args.json) return code;
    if (const std::string yaml = text_in(*whole, "yaml"); !yaml.empty())
        p.c().out << "\n" << plain_lines(yaml) << (yaml.ends_with('\n') ? "" : "\n");
    return code;
}

int pipeline_add(place& p, const team_args& args) {
    context& c = p.c();
    auto base = p.project_path();
    if (!base) return c.fail(base.error());
    json body = {{"name", args.name}};
    if (args.file.empty()) {
        // Its definition is in the project's repository.
        body["git_config_ref"] = "DYNAMIC";
    } else {
        auto text = read_pipeline_file(args.file);
        if (!text) return c.fail(text.error());
        body["yaml"] = *text;
    }
    p.announce();
    auto made = p.api().call("POST", *base + "/pipelines", body);
    return said_when_done(p, made, "added the pipeline " + args.name);
}

int pipeline_rm(place& p, const team_args& args) {
    auto base = p.project_path();
    if (!base) return p.c().fail(base.error());
    auto found = p.pipeline(args.name);
    if (!found) return p.c().fail(found.error());
    const std::string name = text_in(*found, "name");
    if (const auto stop = stopped_before_removing(p, "the pipeline " + name + " with what it may use", args.yes))
        return *stop;
    return said_when_done(p, p.api().call("DELETE", *base + "/pipelines/" + std::to_string(number_in(*found, "id"))),
                          "removed the pipeline " + name);
}

}  // namespace latchkey::cli::remote
