// SPDX-License-Identifier: Apache-2.0
//
// Asks on the run's own terminal what an action waits for. Looked at by the run's loop, and never blocks it: a line
// is read once it is whole. Secrets are not asked for here, as the terminal would show them. One thread.
#pragma once

#include "runner/run/flow.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace latchkey::cli {

class terminal_answers {
public:
    terminal_answers(std::ostream& out, std::string by) : out_(out), by_(std::move(by)) {}
    std::optional<run::answer> look(std::uint32_t action, const run::question&);

private:
    void prompt(const run::question&);
    std::ostream& out_;
    std::string by_;
    std::optional<std::uint32_t> asking_;
    run::answer got_;
    std::size_t next_ = 0;
};

}  // namespace latchkey::cli
