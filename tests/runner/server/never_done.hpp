// SPDX-License-Identifier: Apache-2.0
//
// A store that never takes that an event is dealt with, as if whoever dealt with it died just before. One thread.
#pragma once

#include "runner/store/triggers.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

class never_done : public store::triggers {
public:
    explicit never_done(std::unique_ptr<store::triggers> of) : of_(std::move(of)) {}
    result<void> done(std::int64_t) override { return failure(errc::store, "broken on purpose"); }

    result<void> put_secret(policy::project_id p, const store::project_secret_record& s) override {
        return of_->put_secret(p, s);
    }
    result<std::optional<store::project_secret_record>> secret(policy::project_id p, const std::string& n) override {
        return of_->secret(p, n);
    }
    result<std::vector<store::project_secret_record>> secrets(policy::project_id p) override {
        return of_->secrets(p);
    }
    result<void> remove_secret(policy::project_id p, const std::string& n, policy::user_id u,
                               policy::time_point t) override {
        return of_->remove_secret(p, n, u, t);
    }
    result<bool> take(const std::string& hook, const std::string& delivery, policy::project_id p, policy::user_id u,
                      const std::vector<store::facts>& events, policy::time_point now,
                      policy::time_point before) override {
        return of_->take(hook, delivery, p, u, events, now, before);
    }
    result<std::vector<store::repository_event_record>> due_events(policy::time_point now, int most) override {
        return of_->due_events(now, most);
    }
    result<std::optional<policy::time_point>> next_event() override { return of_->next_event(); }
    result<void> try_again(std::int64_t e, policy::time_point when) override { return of_->try_again(e, when); }
    result<void> put_start(const store::pipeline_start_record& s) override { return of_->put_start(s); }
    result<store::pipeline_start_record> start_by_hash(const std::string& h) override {
        return of_->start_by_hash(h);
    }
    result<void> remove_start(policy::workspace_id w, policy::pipeline_id p, policy::user_id u,
                              policy::time_point t) override {
        return of_->remove_start(w, p, u, t);
    }
    result<void> take_step(policy::pipeline_id p, std::int64_t step) override { return of_->take_step(p, step); }
    result<std::vector<store::scheduled_pipeline>> scheduled() override { return of_->scheduled(); }
    result<void> mark(const store::scheduled_pipeline& was, policy::time_point seen) override {
        return of_->mark(was, seen);
    }

private:
    std::unique_ptr<store::triggers> of_;
};

}  // namespace latchkey::test
