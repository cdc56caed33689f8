// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/action_logs.hpp"

#include "runner/log/log_reader.hpp"
#include "runner/log/log_writer.hpp"

namespace latchkey::cli {

namespace {

class log_files : public action_logs {
public:
    explicit log_files(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::optional<log_tail> tail(const store::run_record& run, int attempt, std::int32_t action,
                                 std::size_t lines) override {
        auto log = log::log_reader::open(log::log_path(folder_, run.id.value(), attempt, action));
        if (!log) return std::nullopt;
        const auto count = log->count_lines();
        if (!count) return std::nullopt;
        log_tail t;
        t.lines_before = *count > lines ? *count - lines : 0;
        auto text = log->last_lines(lines, most_tail_bytes);
        if (text) t.text = std::move(*text);
        t.cut = t.text.size() == most_tail_bytes;
        return t;
    }

    void whole(const store::run_record& run, int attempt, std::int32_t action,
               const std::function<void(std::string_view)>& piece) override {
        auto log = log::log_reader::open(log::log_path(folder_, run.id.value(), attempt, action));
        if (!log) return;
        for (;;) {
            const auto text = log->next();
            if (!text || text->empty()) return;
            piece(*text);
        }
    }

private:
    std::filesystem::path folder_;
};

}  // namespace

std::shared_ptr<action_logs> log_files_in(std::filesystem::path folder) {
    return std::make_shared<log_files>(std::move(folder));
}

}  // namespace latchkey::cli
