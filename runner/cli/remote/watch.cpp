// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/watch.hpp"

#include "runner/cli/commands.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/junit_report.hpp"
#include "runner/cli/remote/run_view.hpp"
#include "runner/vault/token.hpp"

#include <csignal>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

volatile std::sig_atomic_t interrupts = 0;

void count_interrupt(int) {
    interrupts = interrupts + 1;
}

// INT and TERM are counted while this lives. One at a time.
class interrupt_watch {
public:
    interrupt_watch() {
        interrupts = 0;
        struct sigaction action{};
        action.sa_handler = count_interrupt;
        ::sigaction(SIGINT, &action, &int_before_);
        ::sigaction(SIGTERM, &action, &term_before_);
    }
    ~interrupt_watch() {
        ::sigaction(SIGINT, &int_before_, nullptr);
        ::sigaction(SIGTERM, &term_before_, nullptr);
    }
    interrupt_watch(const interrupt_watch&) = delete;
    interrupt_watch& operator=(const interrupt_watch&) = delete;
    static int count() { return static_cast<int>(interrupts); }

private:
    struct sigaction int_before_{};
    struct sigaction term_before_{};
};

}  // namespace

result<watched> watch(place& p, const json& execution, int attempt, const watch_settings& how) {
    auto project = p.project_path();
    if (!project) return project.error();
    watched w;
    w.path = path_of_execution(*project, execution);
    console view(p.c(), {how.json, how.output, logs_on_server(p, w.path)});
    view.begin(run_of(execution), attempt, action_names_of(execution));
    junit_report report;
    report.begin(action_names_of(execution));
    bool denied = false;
    std::string last = std::to_string(attempt) + ".0";
    const auto tell = [&](const client::server_event& e) {
        last = e.id;
        auto data = client::json_from(e.data, p.api().where().host);
        if (!data) return true;
        if (number_in(*data, "attempt") != attempt) return false;  // somebody has retried it since
        const auto event = event_of(*data);
        if (!event) return true;
        denied = denied || event->kind == run::event_kind::denied;
        view.on_event(*event);
        report.on_event(*event);
        return true;
    };
    const interrupt_watch watching;
    const auto undisturbed = [] { return interrupt_watch::count() == 0; };
    if (auto done = p.api().follow(own(w.path) + "/events", last, tell, undisturbed); !done) return done.error();
    if (interrupt_watch::count() > 0) {
        auto asked = p.api().call("PATCH", w.path, {{"operation", "CANCEL"}});
        if (!asked && asked.error().code != errc::conflict) return asked.error();
        const auto patient = [] { return interrupt_watch::count() < 2; };
        if (auto done = p.api().follow(own(w.path) + "/events", last, tell, patient); !done) return done.error();
        if (interrupt_watch::count() >= 2)
            return failure(errc::cancelled, "left it to end by itself: `latchkey logs " +
                                                std::to_string(number_in(execution, "id")) + " -f` follows it");
    }
    auto now = p.api().get(w.path);
    if (!now) return now.error();
    json missing;
    if (denied) {
        auto asked = p.api().get(own(w.path) + "/missing");
        if (!asked) return asked.error();
        missing = std::move(*asked);
        w.may_grant_and_retry = flag_in(missing, "may_grant_and_retry");
    }
    w.finished = finished_of(*now, attempt, denied, missing);
    w.code = view.finish(w.finished);
    if (!how.junit.empty())
        if (auto written = write_report(how.junit, report.text(w.finished)); !written) return written.error();
    return w;
}

result<grant_outcome> grant_and_retry(place& p, const std::string& execution_path, const grant_request& how) {
    json body = how.scope;
    if (!how.ref.empty()) body["ref"] = how.ref;
    if (how.once) body["once"] = true;
    if (!how.expires.empty()) {
        const auto length = length_of_time(how.expires);
        if (!length) return failure(errc::usage, "\"" + how.expires + "\" is no time from now: say 30m, 2h or 7d");
        body["expires_in"] = length->count();
    }
    auto got =
        p.api().ask("POST", own(execution_path) + "/grant", body, {{"Idempotency-Key", vault::random_hex(16)}});
    if (!got) return got.error();
    grant_outcome o;
    if (got->status == 403 && field(got->body, "missing").is_array()) {
        o.report = p.api().failure_of(*got).what;
        o.missing = std::move(got->body);
        return o;
    }
    if (!got->good()) return p.api().failure_of(*got);
    o.attempt = static_cast<int>(number_in(got->body, "attempt"));
    o.execution = std::move(got->body);
    return o;
}

}  // namespace latchkey::cli::remote
