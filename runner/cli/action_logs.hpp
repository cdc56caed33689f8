// SPDX-License-Identifier: Apache-2.0
//
// What an action of a run printed, wherever it is kept: in files here, or on a server. For whoever shows it. One
// thread.
#pragma once

#include "runner/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::cli {

struct log_tail {
    std::string text;
    std::uint64_t lines_before = 0;
    bool cut = false;  // the text is not all of these lines
};

class action_logs {
public:
    virtual ~action_logs() = default;
    // Its last lines. Nothing: it never started, or its log can't be read.
    virtual std::optional<log_tail> tail(const store::run_record&, int attempt, std::int32_t action,
                                         std::size_t lines) = 0;
    // All of it, piece by piece.
    virtual void whole(const store::run_record&, int attempt, std::int32_t action,
                       const std::function<void(std::string_view)>& piece) = 0;
};

// In files below this folder.
std::shared_ptr<action_logs> log_files_in(std::filesystem::path);

// At the end of a shown tail: how much of the log of an action that failed.
constexpr std::size_t most_tail_bytes = 16UL * 1024;

}  // namespace latchkey::cli
