// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args.hpp"

#include "runner/cli/args_line.hpp"
#include "runner/cli/help.hpp"
#include "runner/cli/man_pages.hpp"
#include "runner/cli/private_files.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <ostream>
#include <sstream>

namespace latchkey::cli {

CLI::App* add(CLI::App& to, const std::string& name, const std::string& what, const std::string& examples) {
    CLI::App* app = to.add_subcommand(name, what);
    app->footer(examples.empty() ? "" : "Examples:\n" + examples);
    app->set_help_flag("-h,--help", "Print this help");
    return app;
}

namespace {

// Commands and options are known here only; the rest is known by the store and the project.
int complete_word(context& c, const CLI::App& app, const std::string& what) {
    if (what == "commands") {
        for (const CLI::App* sub : app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
            c.out << sub->get_name() << "\n";
        return exit_success;
    }
    std::istringstream words(what);
    std::string word;
    words >> word;
    if (word != "options") return complete_command(c, what);
    const CLI::App* at = &app;
    while (words >> word)
        for (const CLI::App* sub : at->get_subcommands([](const CLI::App*) { return true; }))
            if (sub->get_name() == word) {
                at = sub;
                break;
            }
    for (const CLI::Option* option : at->get_options([](const CLI::Option* o) { return o->nonpositional(); }))
        if (!option->get_lnames().empty()) c.out << "--" << option->get_lnames().front() << "\n";
    return exit_success;
}

// Into a folder that is there; for whoever packages this program.
int write_man_pages(context& c, const CLI::App& program, const std::string& folder, const std::string& date) {
    for (const man_page& page : man_pages_of(program, date)) {
        auto file = new_private_file::make(std::filesystem::path(folder) / page.name);
        if (!file) return c.fail(file.error());
        if (auto written = file->write(page.text); !written) return c.fail(written.error());
        file->keep();
    }
    return exit_success;
}

void add_housekeeping(CLI::App& app, line& l) {
    CLI::App* key = add(app, "key", "The master key that seals all credentials", "  latchkey key rotate\n");
    key->require_subcommand(1);
    CLI::App* rotate = add(*key, "rotate", "Put a new master key in place of the old one",
                           "  latchkey key rotate\n  latchkey key rotate --data /var/lib/latchkey\n\n"
                           "Without an option it is the key of your own store. A server may serve meanwhile.\n");
    add_whose_data(rotate, l.key.given);
    rotate->callback([&l] { l.command = [&l](context& c) { return key_rotate_command(c, l.key); }; });
    add(app, "doctor", "Say what is really active on this machine, and what is wrong", "  latchkey doctor\n")
        ->callback([&l] { l.command = doctor_command; });
    CLI::App* completion =
        add(app, "completion", "Print the completion script of a shell",
            "  latchkey completion bash > ~/.local/share/bash-completion/completions/latchkey\n  latchkey completion "
            "zsh > ~/.zfunc/_latchkey\n  latchkey completion fish > ~/.config/fish/completions/latchkey.fish\n");
    completion->add_option("shell", l.word, "bash, zsh or fish")->required();
    completion->callback([&l] { l.command = [&l](context& c) { return completion_command(c, l.word); }; });
    CLI::App* complete = app.add_subcommand("__complete", "")->group("");
    complete->add_option("what", l.word)->required();
    complete->callback([&l, &app] { l.command = [&l, &app](context& c) { return complete_word(c, app, l.word); }; });
    CLI::App* man = app.add_subcommand("__man", "")->group("");
    man->add_option("folder", l.word)->required();
    man->add_option("date", l.number)->required();
    man->callback(
        [&l, &app] { l.command = [&l, &app](context& c) { return write_man_pages(c, app, l.word, l.number); }; });
}

struct group {
    std::array<std::string_view, 6> words;
    void (*add)(CLI::App&, line&);
};

// In the order in which the help lists them, by the first words that are theirs.
constexpr group groups[] = {
    {{"run"}, add_run},
    {{"approve", "retry", "cancel", "runs", "logs", "files"}, add_running},
    {{"validate", "plan", "why"}, add_reading},
    {{"integration"}, add_integrations},
    {{"grant", "revoke", "audit"}, add_permissions},
    {{"server", "backup", "restore", "migrate"}, add_server},
    {{"agent"}, add_agent},
    {{"login", "logout", "whoami"}, add_login},
    {{"workspace", "project", "member", "group", "token", "pipeline"}, add_team},
    {{"export", "apply"}, add_policy},
    {{"key", "doctor"}, add_housekeeping},
};

// A line means one command, and to set up all of them takes longer than to do a small one. Whatever is none of these
// words is looked for among all.
void add_commands(CLI::App& app, line& l, const std::vector<std::string>& words) {
    if (!words.empty() && !words.front().empty())
        for (const group& g : groups)
            if (std::ranges::find(g.words, words.front()) != g.words.end()) return g.add(app, l);
    for (const group& g : groups) g.add(app, l);
}

}  // namespace

int run_line(context& c, std::vector<std::string> words) {
    CLI::App app{
        "Latchkey runs CI pipelines and holds the keys: a pipeline uses a credential only if it has been allowed to.",
        "latchkey"};
    app.require_subcommand(1);
    app.formatter(make_help_format());
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", "latchkey " LATCHKEY_VERSION, "Print the version");
    app.footer(
        "Exit codes: 0 success, 1 the run failed, 2 usage, 3 invalid pipeline definition,\n"
        "4 missing permissions, 5 infrastructure, 130 cancelled.\n`latchkey COMMAND --help` says more, with "
        "examples.");
    app.option_defaults()->always_capture_default(false);
    line l;
    add_commands(app, l, words);
    if (const std::string unknown = unknown_command(app, words); !unknown.empty()) {
        c.err << "latchkey: " << plain_lines(unknown) << "\n";
        return exit_usage;
    }
    std::reverse(words.begin(), words.end());  // as the library wants them
    try {
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        c.out << app.help();
        return exit_success;
    } catch (const CLI::CallForVersion& e) {
        c.out << e.what() << "\n";
        return exit_success;
    } catch (const CLI::ParseError& e) {
        const CLI::App* asked = &app;
        while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
        c.err << "latchkey: " << plain_lines(complaint_of(*asked, e)) << "\n";
        return exit_usage;
    }
    return l.command(c);
}

}  // namespace latchkey::cli
