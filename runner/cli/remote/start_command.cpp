// SPDX-License-Identifier: Apache-2.0
//
// latchkey pipeline run start: what Buddy's own command line is called with, by its action for GitHub among others.
// The first thing that it prints is the run's address.
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/remote/watch.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

// The environment of Buddy's command line first: whoever sets it means it.
result<std::optional<place>> place_of(context& c, const start_args& args) {
    const char* endpoint = std::getenv("BUDDY_API_ENDPOINT");
    vault::secret token = token_from_environment("BUDDY_TOKEN");
    if (endpoint == nullptr || *endpoint == '\0' || token.empty())
        return place::find(c, {false, args.workspace, args.project});
    login l;
    l.server = endpoint;
    l.token = std::move(token);
    l.workspace = args.workspace;
    l.project = args.project;
    l.from = "BUDDY_API_ENDPOINT and BUDDY_TOKEN";
    if (const char* ca = std::getenv("LATCHKEY_CA"); ca != nullptr) l.ca_file = ca;
    auto api = client_for(l);
    if (!api) return api.error();
    return std::optional<place>(std::in_place, c, std::move(*api), std::move(l));
}

result<void> add_pairs(json& to, const std::vector<std::string>& pairs, bool masked) {
    for (const std::string& pair : pairs) {
        const std::size_t colon = pair.find(':');
        if (colon == 0 || colon == std::string::npos)
            return failure(errc::usage, std::string(masked ? "a masked variable" : "\"" + pair + "\"") +
                                            " is not of the form KEY:VALUE");
        json variable = {{"key", pair.substr(0, colon)}, {"value", pair.substr(colon + 1)}};
        if (masked) variable["encrypted"] = true;
        to.push_back(std::move(variable));
    }
    return {};
}

// By their names or numbers in the pipeline.
result<json> actions_of(place& p, const std::string& pipeline_path, const std::vector<std::string>& wanted) {
    json numbers = json::array();
    json known;
    for (const std::string& each : wanted) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(each.data(), each.data() + each.size(), number);
        if (error != std::errc() || end != each.data() + each.size()) {
            if (known.is_null()) {
                auto got = p.api().get(pipeline_path + "/actions");
                if (!got) return got.error();
                known = std::move(*got);
            }
            number = 0;
            for (const json& a : list_in(known, "actions"))
                if (text_in(a, "name") == each) number = number_in(a, "id");
            if (number == 0)
                return failure(errc::usage, "the pipeline has no action \"" + each +
                                                "\" that the server knows: say its number, from 1");
        }
        numbers.push_back(number);
    }
    return numbers;
}

result<json> body_of(const start_args& args) {
    json body = json::object();
    if (!args.comment.empty()) body["comment"] = args.comment;
    if (!args.branch.empty()) body["branch"] = {{"name", args.branch}};
    if (!args.tag.empty()) body["tag"] = {{"name", args.tag}};
    if (!args.pull_request.empty()) {
        const bool number = std::ranges::all_of(args.pull_request, [](char ch) { return ch >= '0' && ch <= '9'; });
        body["pull_request"] = {{"name", (number ? "pull/" : "") + args.pull_request}};
    }
    if (!args.revision.empty()) body["to_revision"] = {{"revision", args.revision}};
    if (!args.priority.empty()) body["priority"] = args.priority;
    if (!args.schedule.empty()) body["delay_until"] = args.schedule;
    if (args.refresh) body["refresh"] = true;
    if (args.clear_cache) body["clear_cache"] = true;
    json variables = json::array();
    if (auto added = add_pairs(variables, args.variables, false); !added) return added.error();
    if (auto added = add_pairs(variables, args.masked_variables, true); !added) return added.error();
    if (!variables.empty()) body["variables"] = std::move(variables);
    return body;
}

}  // namespace

int start_command(context& c, const start_args& args) {
    auto found = place_of(c, args);
    if (!found) return c.fail(found.error());
    if (!*found)
        return c.usage(
            "this command is for a server: set BUDDY_API_ENDPOINT and BUDDY_TOKEN, or `latchkey login URL`");
    place& p = **found;
    auto body = body_of(args);
    if (!body) return c.fail(body.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    auto pipeline = p.pipeline(args.pipeline);
    if (!pipeline) return c.fail(pipeline.error());
    const std::string path = *project + "/pipelines/" + std::to_string(number_in(*pipeline, "id"));
    if (!args.actions.empty()) {
        auto numbers = actions_of(p, path, args.actions);
        if (!numbers) return c.fail(numbers.error());
        (*body)["actions_to_run"] = std::move(*numbers);
    }
    auto made = p.api().call("POST", path + "/executions", *body);
    if (!made) {
        const bool invalid = made.error().code == errc::refused;
        return c.fail(invalid ? failure(errc::invalid, made.error().what) : made.error());
    }
    c.out << plain(text_in(*made, "html_url")) << "\n" << std::flush;
    if (args.no_wait) return exit_success;
    auto seen = watch(p, *made, 1, {});
    return seen ? seen->code : c.fail(seen.error());
}

}  // namespace latchkey::cli::remote
