// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/run_view.hpp"

#include <algorithm>

namespace latchkey::cli::remote {

namespace {

constexpr std::uint64_t lines_at_once = 1000;

run::status status_in(const json& object, const char* name) {
    return run::status_from(text_in(object, name)).value_or(run::status::initial);
}

std::string with_lines(const std::vector<json>& lines) {
    std::string text;
    for (const json& line : lines)
        if (line.is_string()) text += line.get<std::string>() + "\n";
    return text;
}

class server_logs : public action_logs {
public:
    server_logs(place& p, std::string path) : place_(p), path_(std::move(path)) {}

    std::optional<log_tail> tail(const store::run_record&, int, std::int32_t action, std::size_t lines) override {
        const std::string at = action_path(action);
        if (at.empty()) return std::nullopt;
        const auto first = place_.api().get(at + "/logs?offset=0&limit=1");
        if (!first) return std::nullopt;
        const auto total =
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(*first, "total_element_count")));
        log_tail t;
        t.lines_before = total > lines ? total - lines : 0;
        const auto last = place_.api().get(at + "/logs?offset=" + std::to_string(t.lines_before) +
                                           "&limit=" + std::to_string(lines));
        if (!last) return std::nullopt;
        t.text = with_lines(list_in(*last, "logs"));
        if (t.text.size() > most_tail_bytes) {
            t.text.erase(0, t.text.size() - most_tail_bytes);
            t.cut = true;
        }
        return t;
    }

    void whole(const store::run_record&, int, std::int32_t action,
               const std::function<void(std::string_view)>& piece) override {
        const std::string at = action_path(action);
        if (at.empty()) return;
        if (auto read = read_log_lines(place_, at, 0, piece); !read)
            place_.c().err << "latchkey: can't show all of the log: " << plain_lines(read.error().what) << "\n";
    }

private:
    std::string action_path(std::int32_t action) {
        const auto now = place_.api().get(path_);
        if (!now) return {};
        const auto& all = list_in(*now, "action_executions");
        if (action < 0 || static_cast<std::size_t>(action) >= all.size()) return {};
        return path_ + "/action_executions/" +
               client::in_path(text_in(all[static_cast<std::size_t>(action)], "action_execution_id"));
    }

    place& place_;
    std::string path_;
};

std::string ref_of(const json& execution) {
    for (const auto& [name, prefix] :
         {std::pair("branch", "refs/heads/"), std::pair("tag", "refs/tags/"), std::pair("pull_request", "refs/")})
        if (const std::string ref = text_in(field(execution, name), "name"); !ref.empty()) return prefix + ref;
    return {};
}

}  // namespace

store::run_record run_of(const json& execution) {
    store::run_record r;
    r.number = number_in(execution, "id");
    r.pipeline_name = text_in(field(execution, "pipeline"), "name");
    r.created_at = time_in(execution, "create_date").value_or(policy::time_point());
    r.source.comment = text_in(execution, "comment");
    r.source.commit = text_in(field(execution, "to_revision"), "revision");
    r.source.ref.name = ref_of(execution);
    for (const json& a : list_in(execution, "attempts")) {
        store::attempt_record attempt;
        attempt.number = static_cast<int>(number_in(a, "number"));
        attempt.status = status_in(a, "status");
        attempt.reason = text_in(a, "reason");
        attempt.created_at = time_in(a, "create_date").value_or(policy::time_point());
        attempt.started_at = time_in(a, "start_date");
        attempt.ended_at = time_in(a, "finish_date");
        r.attempts.push_back(std::move(attempt));
    }
    if (r.attempts.empty()) {
        // A summary, which has the last one only.
        store::attempt_record attempt;
        attempt.status = status_in(execution, "status");
        attempt.created_at = r.created_at;
        attempt.started_at = time_in(execution, "start_date");
        attempt.ended_at = time_in(execution, "finish_date");
        r.attempts.push_back(std::move(attempt));
    }
    r.attempts.back().error = text_in(execution, "error_message");
    return r;
}

std::vector<std::string> action_names_of(const json& execution) {
    std::vector<std::string> names;
    for (const json& a : list_in(execution, "action_executions"))
        names.push_back(text_in(field(a, "action"), "name"));
    return names;
}

std::optional<run::event> event_of(const json& e) {
    const auto kind = run::event_kind_from(text_in(e, "kind"));
    if (!kind) return std::nullopt;
    run::event event;
    event.kind = *kind;
    event.sequence = number_in(e, "sequence");
    event.at = time_in(e, "date").value_or(policy::time_point());
    event.status = status_in(e, "status");
    event.action = static_cast<std::int32_t>(std::clamp<std::int64_t>(number_in(e, "action"), 0, 1'000'000)) - 1;
    event.reason = run::end_reason_from(text_in(e, "reason")).value_or(run::end_reason::none);
    event.number = static_cast<int>(std::clamp<std::int64_t>(number_in(e, "number"), -1'000'000, 1'000'000));
    event.text = text_in(e, "text");
    return event;
}

std::vector<run::missing_integration> missing_of(const json& list) {
    std::vector<run::missing_integration> all;
    if (!list.is_array()) return all;
    for (const json& m : list) {
        run::missing_integration one;
        one.name = text_in(m, "integration");
        one.reason = text_in(m, "reason");
        one.may_grant = flag_in(m, "may_grant");
        for (const json& u : list_in(m, "used_by"))
            one.used_by.push_back({text_in(u, "action"), text_in(u, "file"),
                                   static_cast<std::uint32_t>(number_in(u, "line")),
                                   static_cast<std::uint32_t>(number_in(u, "column"))});
        for (const json& g : list_in(m, "can_grant"))
            one.can_grant.push_back({text_in(g, "who"), text_in(g, "level")});
        all.push_back(std::move(one));
    }
    return all;
}

run::finished_attempt finished_of(const json& execution, int attempt, bool denied, const json& missing) {
    run::finished_attempt f;
    f.run = run_of(execution);
    while (f.run.attempts.size() > 1 && f.run.attempts.back().number > attempt) f.run.attempts.pop_back();
    const store::attempt_record& last = f.run.attempts.back();
    f.attempt = last.number;
    switch (last.status) {
        case run::status::successful:
            f.outcome = run::outcome::succeeded;
            break;
        case run::status::terminated:
            f.outcome = run::outcome::cancelled;
            break;
        case run::status::skipped:
            f.outcome = run::outcome::skipped;
            f.report = last.error;
            break;
        default:
            f.outcome = run::outcome::failed;
    }
    if (!denied) return f;
    f.outcome = run::outcome::denied;
    f.missing = missing_of(field(missing, "missing"));
    f.report = text_in(missing, "report");
    if (f.report.empty()) f.report = last.error;
    if (!f.report.ends_with('\n')) f.report += '\n';
    return f;
}

std::shared_ptr<action_logs> logs_on_server(place& p, std::string execution_path) {
    return std::make_shared<server_logs>(p, std::move(execution_path));
}

result<void> read_log_lines(const place& p, const std::string& action_path, std::uint64_t first,
                            const std::function<void(std::string_view)>& piece) {
    for (;;) {
        auto got = p.api().get(action_path + "/logs?offset=" + std::to_string(first) +
                               "&limit=" + std::to_string(lines_at_once));
        if (!got) return got.error();
        const auto& lines = list_in(*got, "logs");
        if (lines.empty()) return {};
        piece(with_lines(lines));
        first += lines.size();
        if (lines.size() < lines_at_once) return {};
    }
}

}  // namespace latchkey::cli::remote
