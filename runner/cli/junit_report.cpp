// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/junit_report.hpp"

#include "runner/cli/console.hpp"
#include "runner/junit/junit.hpp"

#include <fstream>
#include <system_error>
#include <unistd.h>

namespace latchkey::cli {

void junit_report::on_plan(const pipelines::plan& plan) {
    std::vector<std::string> names;
    for (const pipelines::planned_action& p : plan.actions) names.push_back(p.name);
    begin(std::move(names));
}

void junit_report::begin(std::vector<std::string> actions) {
    names_ = std::move(actions);
    actions_.clear();
}

void junit_report::on_event(const run::event& e) {
    if (e.kind == run::event_kind::action_started && e.number <= 1) actions_[e.action].began = e.at;
    if (e.kind != run::event_kind::action_ended) return;
    seen& s = actions_[e.action];
    if (s.began == policy::time_point()) s.began = e.at;
    s.end = e;
    s.ended = true;
}

std::string junit_report::text(const run::finished_attempt& f) const {
    std::vector<junit::test_case> cases;
    const bool never_began = f.outcome == run::outcome::denied || f.outcome == run::outcome::invalid;
    if (never_began)
        cases.push_back({"Start", junit::outcome::error, f.report.substr(0, f.report.find('\n')), f.report, {}});
    if (f.outcome == run::outcome::skipped) cases.push_back({"Start", junit::outcome::skipped, f.report, "", {}});
    for (std::size_t i = 0; i < names_.size(); ++i) {
        junit::test_case one{names_[i], junit::outcome::skipped, "not executed", "", {}};
        if (const auto at = actions_.find(static_cast<std::int32_t>(i)); at != actions_.end() && at->second.ended) {
            const run::event& end = at->second.end;
            one.took = end.at - at->second.began;
            one.message = end.text.empty() ? std::string(words_for(end.status)) : end.text;
            if (end.status == run::status::successful)
                one = {names_[i], junit::outcome::passed, "", "", one.took};
            else if (end.status == run::status::failed)
                one.outcome = junit::outcome::failed;
        }
        cases.push_back(std::move(one));
    }
    const std::string number = f.outcome == run::outcome::invalid ? "" : " #" + std::to_string(f.run.number);
    return junit::write(f.run.pipeline_name + number, cases);
}

result<void> write_report(const std::filesystem::path& file, const std::string& text) {
    const std::filesystem::path made = file.string() + "." + std::to_string(::getpid());
    std::error_code ec;
    {
        std::ofstream out(made, std::ios::binary);
        out << text;
        out.flush();
        if (!out) {
            std::filesystem::remove(made, ec);
            return failure(errc::io, "can't write " + file.string());
        }
    }
    std::filesystem::rename(made, file, ec);
    if (!ec) return {};
    const std::string why = ec.message();
    std::filesystem::remove(made, ec);
    return failure(errc::io, "can't write " + file.string() + ": " + why);
}

}  // namespace latchkey::cli
