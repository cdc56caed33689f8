// SPDX-License-Identifier: Apache-2.0
//
// latchkey approve, and the same question on the terminal of the run itself.
#include "runner/cli/approve_command.hpp"

#include "runner/cli/commands.hpp"
#include "runner/cli/files.hpp"

#include <iostream>
#include <ostream>
#include <poll.h>
#include <unistd.h>

namespace latchkey::cli {

int approve_command(context& c, const approve_args& args) {
    auto run = run_named(c, args.run);
    if (!run) return c.fail(run.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto service = c.service();
    if (!service) return c.fail(service.error());
    auto values = parameters_of(args.variables);
    if (!values) return c.fail(values.error());
    run::answer a;
    a.accepted = !args.decline;
    a.by = user->email;
    a.variables = std::move(*values);
    auto done = (*service)->respond(*run, args.action, std::move(a), user->rights.id);
    if (!done) return c.fail(done.error());
    c.out << plain(run->pipeline_name) << " #" << run->number << ": \"" << plain(*done) << "\" is "
          << (args.decline ? "declined" : "approved") << "\n";
    return exit_success;
}

std::optional<run::answer> terminal_answers::look(std::uint32_t action, const run::question& q) {
    // One at a time, in the order they came: the others wait until this one has its answer.
    if (asking_ && *asking_ != action) return std::nullopt;
    if (!asking_) {
        asking_ = action;
        got_ = {};
        next_ = 0;
        prompt(q);
    }
    pollfd in{STDIN_FILENO, POLLIN, 0};
    // The terminal gives whole lines.
    if (::poll(&in, 1, 0) <= 0) return std::nullopt;
    char buffer[4096];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    std::string line(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    if (q.variables.empty()) {
        got_.accepted = line == "y" || line == "Y" || line == "yes";
    } else {
        const run::asked_variable& v = q.variables[next_];
        if (!line.empty()) got_.variables.emplace_back(v.name, line);
        if (++next_ < q.variables.size()) {
            prompt(q);
            return std::nullopt;
        }
        got_.accepted = true;
    }
    asking_.reset();
    got_.by = by_;
    return std::move(got_);
}

void terminal_answers::prompt(const run::question& q) {
    if (q.variables.empty()) {
        out_ << "Approve \"" << plain(q.action) << "\"? [y/N] " << std::flush;
        return;
    }
    const run::asked_variable& v = q.variables[next_];
    out_ << plain(v.name);
    for (std::size_t i = 0; i < v.choices.size(); ++i) out_ << (i == 0 ? " (" : ", ") << plain(v.choices[i]);
    if (!v.choices.empty()) out_ << ")";
    if (!v.suggestion.empty()) out_ << " [" << plain(v.suggestion) << "]";
    out_ << ": " << std::flush;
}

}  // namespace latchkey::cli
