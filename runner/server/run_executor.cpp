// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_executor.hpp"

#include "runner/server/default_keys.hpp"
#include "runner/server/outer_variables.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/run_definition.hpp"
#include "runner/server/run_token.hpp"

#include <mutex>
#include <tuple>

namespace latchkey::server {

namespace {

result<void> check_parts(const run_order& order, const run::definition& d) {
    if (d.pipeline == nullptr) return {};  // reported by who makes the run
    for (const std::string& place : order.only_actions)
        if (std::stoull(place) > d.pipeline->actions.size())
            return failure(errc::usage, "`actions_to_run` names the action " + place + ", and the pipeline has " +
                                            std::to_string(d.pipeline->actions.size()));
    return {};
}

}  // namespace

struct run_executor::impl {
    impl(store::stores& all, run::surroundings around, std::unique_ptr<project_files> f, executor_options o)
        : stores(all),
          files(std::move(f)),
          options(std::move(o)),
          clock(around.clock),
          service(complete(std::move(around))),
          counts(options.metrics),
          queue(service, all, clock,
                {options.slots, options.jobs, options.log, counts, [this](policy::run_id run) { changed(run); }}),
          watched(options.metrics.before_text([this] {
              const run_queue::counts now = queue.now();
              counts.show(now.waiting, now.running);
          })),
          places(service.logs(), *stores.logs_elsewhere, options.objects) {}

    run::surroundings complete(run::surroundings around) {
        around.shared = true;
        around.on_change = [this](policy::run_id run) { changed(run); };
        around.on_output = [this](policy::run_id run) { hub.publish(run, event_hub::news::output); };
        around.outer_variables = [this](const run::outer_request& r) { return variables_of(stores, r); };
        around.open_outer = [this, unlock = around.unlock](const run::outer_request& r) {
            return secret_variables_of(stores, unlock, r);
        };
        around.open_keys = [this, unlock = around.unlock](policy::pipeline_id pipeline,
                                                          const std::set<std::string>& names) {
            return default_keys_for(stores, unlock, pipeline, names, clock());
        };
        if (options.run_tokens)
            around.issue_token = [this](const store::run_record& run, int attempt, const std::string& audience) {
                return issue_token(stores, options.run_tokens(), run, attempt, audience, clock());
            };
        if (options.agents != nullptr) {
            around.goes_elsewhere = [this](const store::run_source&, const pipelines::pipeline& p) {
                return goes_to_agents(options.use_agents, options.agents, p);
            };
            around.make_elsewhere = [this](boost::asio::any_io_executor ex, const run::attempt_place& at) {
                return agent::make_remote_backend(std::move(ex), *options.agents, remote_options_for(stores, at));
            };
        }
        around.find_definition = [this](const store::pipeline_record& p, const store::run_source& parent,
                                        policy::user_id actor) {
            return definition_of_child(stores, files.get(), p, parent, actor);
        };
        return around;
    }

    void changed(policy::run_id run) {
        hub.publish(run);
        if (options.on_change) options.on_change(run);
    }

    store::stores& stores;
    std::unique_ptr<project_files> files;
    executor_options options;
    run::wall_clock clock;
    event_hub hub;
    run::service service;
    run_metrics counts;
    run_queue queue;
    std::shared_ptr<void> watched;
    boost::asio::thread_pool readers{2};
    log_places places;
    log_shelf shelf{places};
    std::mutex feeds_mutex;
    std::map<std::tuple<policy::run_id, int, std::size_t>, std::weak_ptr<log_feed>> feeds;
};

run_executor::run_executor(store::stores& stores, run::surroundings around, std::unique_ptr<project_files> files,
                           executor_options o)
    : impl_(std::make_unique<impl>(stores, std::move(around), std::move(files), std::move(o))) {}
run_executor::~run_executor() = default;

result<int> run_executor::begin() {
    return impl_->queue.begin();
}

void run_executor::stop(std::chrono::milliseconds grace) {
    impl_->hub.close();
    impl_->queue.stop(grace);
}

void run_executor::hurry() {
    impl_->queue.hurry();
}

result<run::made_attempt> run_executor::start(run_order order) {
    auto found = find_definition(impl_->stores, impl_->files.get(), impl_->options.data, order);
    if (!found) return found.error();
    for (const auto& [name, value] : order.project.settings)
        if (name == origin::on_missing) order.origin.emplace_back(name, value);
    if (setting_of(order.pipeline.settings, "concurrent_pipeline_runs") == true)
        order.origin.emplace_back(origin::concurrent, "true");
    store::new_run wanted;
    wanted.pipeline = order.pipeline.rights.id;
    wanted.actor = order.actor;
    wanted.at = impl_->clock();
    wanted.source = std::move(found->source);
    wanted.source.comment = order.comment;
    // A list can do without it.
    if (impl_->files != nullptr && !wanted.source.commit.empty())
        if (auto said = impl_->files->subject({wanted.source.repository, wanted.source.commit, wanted.source.ref}))
            wanted.source.origin.emplace_back(origin::subject, std::move(*said));
    wanted.source.backend = impl_->options.backend;
    wanted.source.origin.insert(wanted.source.origin.end(), order.origin.begin(), order.origin.end());
    wanted.source.parameters = std::move(order.parameters);
    if (auto parts = check_parts(order, *found->definition); !parts) return parts.error();
    wanted.source.only_actions = std::move(order.only_actions);
    wanted.source.trust = order.trust;
    for (const auto& [name, value] : order.secrets) wanted.source.secret_names.push_back(name);
    auto made = impl_->service.create(*found->definition, std::move(wanted));
    if (!made) return made.error();
    if (!made->ended && !made->goes_on) impl_->queue.add(made->run, std::move(order.secrets));
    if (impl_->options.on_change) impl_->options.on_change(made->run.id);
    return made;
}

result<run::made_attempt> run_executor::retry(const run::retry_request& request,
                                              std::map<std::string, vault::secret> secrets) {
    auto made = impl_->service.create_retry(request, secrets);
    if (!made) return made.error();
    if (!made->ended && !made->goes_on) impl_->queue.add(made->run, std::move(secrets));
    if (impl_->options.on_change) impl_->options.on_change(made->run.id);
    return made;
}

result<void> run_executor::cancel(const store::run_record& run, policy::user_id actor) {
    auto done = impl_->service.cancel(run, actor);
    impl_->changed(run.id);
    impl_->queue.look();
    return done;
}

run::service& run_executor::runs() {
    return impl_->service;
}
project_files* run_executor::files() {
    return impl_->files.get();
}
event_hub& run_executor::hub() {
    return impl_->hub;
}
run_queue& run_executor::queue() {
    return impl_->queue;
}
std::filesystem::path run_executor::logs() {
    return impl_->service.logs();
}
const log_places& run_executor::places() {
    return impl_->places;
}
const std::filesystem::path& run_executor::data() {
    return impl_->options.data;
}
log_shelf& run_executor::shelf() {
    return impl_->shelf;
}
boost::asio::thread_pool& run_executor::readers() {
    return impl_->readers;
}

std::shared_ptr<log_feed> run_executor::log_of(policy::run_id run, int attempt, std::size_t action) {
    const std::lock_guard lock(impl_->feeds_mutex);
    std::erase_if(impl_->feeds, [](const auto& each) { return each.second.expired(); });
    std::weak_ptr<log_feed>& known = impl_->feeds[{run, attempt, action}];
    auto feed = known.lock();
    if (feed) return feed;
    feed = std::make_shared<log_feed>(
        impl_->places, log_name{run, attempt, static_cast<int>(action)},
        [s = impl_->stores.runs.get(), run, attempt] {
            const auto now = s->run(run);
            // What can't be looked at any more has nothing more to show.
            return !now || run::ended(now->attempts[static_cast<std::size_t>(attempt) - 1].status);
        });
    known = feed;
    return feed;
}

}  // namespace latchkey::server
