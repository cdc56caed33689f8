// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

void add_agent(CLI::App& app, line& l) {
    CLI::App* agent = add(
        app, "agent", "Execute actions for a server, until it is told to end (TERM or INT)",
        "  latchkey agent --server https://ci.example.test --token-file registration --data /var/lib/latchkey-agent\n"
        "  latchkey agent --data /var/lib/latchkey-agent         # from then on\n"
        "  latchkey agent --once                                 # one run, then it ends: a job of Slurm or "
        "Kubernetes\n\n"
        "The token is good once: POST /latchkey/v1/agents/registrations gives it. The key that the agent makes then "
        "stays in its folder.\nTold to end, it takes nothing more and ends when what it runs has ended; told again, "
        "it "
        "kills that.\n");
    agent->add_option("--server", l.agent.server, "Where the server is; needed the first time")->type_name("URL");
    agent->add_option("--token-file", l.agent.token_file, "Holds the registration's token; needed the first time")
        ->type_name("FILE");
    agent
        ->add_option("--data", l.agent.data,
                     "Its folder: key, repositories, files, caches; $XDG_DATA_HOME/latchkey/agent if left out")
        ->type_name("DIR");
    agent->add_option("--name", l.agent.name, "What it is called; the machine's name if left out")->type_name("NAME");
    agent
        ->add_option("--pool", l.agent.pool,
                     "The pool that it is to be in; another one than the registration's is refused")
        ->type_name("NAME");
    agent->add_option("--tags", l.agent.tags, "What it has, besides what the registration says: gpu,fast")
        ->type_name("LIST")
        ->delimiter(',');
    agent->add_option("--capacity", l.agent.capacity, "How many runs it executes at once")
        ->type_name("N")
        ->default_str("1");
    agent->add_flag("--once", l.agent.once, "Execute one run, then end");
    agent->add_option("--backend", l.agent.backend, "Where actions run: host, sandbox or container; else as they say")
        ->type_name("NAME");
    agent->add_option("--ca", l.agent.ca_file, "Certificates to trust (PEM), instead of the system's")
        ->type_name("FILE");
    agent->add_flag("--insecure-http", l.agent.insecure_http, "Let it speak http to another machine");
    agent->callback([&l] { l.command = [&l](context& c) { return agent_command(c, l.agent); }; });
}

}  // namespace latchkey::cli
