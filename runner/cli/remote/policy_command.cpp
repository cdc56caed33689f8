// SPDX-License-Identifier: Apache-2.0
//
// latchkey export and apply: who may use what, as a file.
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/remote/policy_plan.hpp"
#include "runner/cli/secret_input.hpp"

#include <fstream>
#include <iterator>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

constexpr std::size_t largest_file = 4U << 20U;

result<std::string> text_of_file(context& c, const std::string& path) {
    std::string text(largest_file + 1, '\0');
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream& in = path == "-" ? c.in : file;
    if (!in) return failure(errc::not_found, "can't read " + path);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return failure(errc::io, "can't read " + path);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > largest_file) return failure(errc::usage, path + " is larger than any such file");
    return text;
}

std::string counted(int count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void show_plan(context& c, const policy_plan& plan) {
    for (const policy_step& s : plan.steps)
        for (const std::string& line : s.lines) {
            const std::string text = plain(line);
            c.out << "  "
                  << (text.starts_with('+')   ? c.green(text)
                      : text.starts_with('-') ? c.red(text)
                                              : text)
                  << "\n";
        }
    for (const auto& [identifier, command] : plan.by_hand)
        c.out << "  ? integration " << plain(identifier) << ": needs its secrets, which no file has\n      "
              << plain(command) << "\n";
    for (const std::string& name : plan.unnamed)
        c.out << c.dim("  · " + plain(name) + ": not in the file, stays (--prune removes it)") << "\n";
    if (!plan.nothing())
        c.out << counted(plan.changes(), "change", "changes") << ", " << plan.unchanged << " unchanged\n";
}

// A step that fails leaves those before it done: the same command goes on from there.
int do_steps(context& c, const policy_plan& plan) {
    int done = 0;
    for (const policy_step& s : plan.steps) {
        if (auto fine = s.act(); !fine) {
            c.err << "latchkey: " << counted(done, "change was", "changes were")
                  << " made; this one was not: " << plain(s.lines.front()) << "\n";
            return c.fail(fine.error());
        }
        done += static_cast<int>(s.lines.size());
    }
    c.out << "applied " << counted(done, "change", "changes") << "\n";
    return exit_success;
}

}  // namespace

int export_command(place& p, const policy_args& args) {
    context& c = p.c();
    auto found = read_policy(p);
    if (!found) return c.fail(found.error());
    const std::string yaml = yaml_of(found->now);
    if (args.output.empty()) {
        c.out << yaml;
        return exit_success;
    }
    std::ofstream file(args.output, std::ios::binary | std::ios::trunc);
    file << yaml;
    if (!file.flush()) return c.fail(failure(errc::io, "can't write " + args.output));
    c.out << "wrote " << plain(args.output) << "\n";
    return exit_success;
}

int apply_command(place& p, const policy_args& args) {
    context& c = p.c();
    auto text = text_of_file(c, args.file);
    if (!text) return c.fail(text.error());
    auto wanted = policy_from(*text, args.file == "-" ? "standard input" : args.file);
    if (!wanted) return c.fail(wanted.error());
    auto now = read_policy(p);
    if (!now) return c.fail(now.error());
    if (!wanted->workspace.empty() && wanted->workspace != now->now.workspace)
        return c.usage("the file is of the workspace " + wanted->workspace + ", and this is " + now->now.workspace +
                       ": change its `workspace`, or say --workspace");
    p.announce();
    auto plan = plan_policy(p, *now, *wanted, args.prune, c.now());
    if (!plan) return c.fail(plan.error());
    show_plan(c, *plan);
    if (plan->nothing()) {
        c.out << "nothing to do\n";
        return exit_success;
    }
    if (args.check) return exit_run_failed;
    if (args.dry_run) return exit_success;
    if (!plan->steps.empty()) {
        if (!args.yes && !c.interactive) return c.usage("nothing was changed: add --yes to apply this");
        if (!args.yes && !ask_yes(c, "Apply?")) return exit_success;
        if (const int code = do_steps(c, *plan); code != exit_success) return code;
    }
    if (plan->by_hand.empty()) return exit_success;
    c.err << "latchkey: " << counted(static_cast<int>(plan->by_hand.size()), "integration is", "integrations are")
          << " not there yet: add " << (plan->by_hand.size() == 1 ? "it" : "them")
          << " with the command above, then apply again\n";
    return exit_run_failed;
}

}  // namespace latchkey::cli::remote
