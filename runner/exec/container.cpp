// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/container.hpp"

#include "runner/async/task_group.hpp"
#include "runner/async/uncancelled.hpp"
#include "runner/engine/containers.hpp"
#include "runner/engine/find_engine.hpp"
#include "runner/engine/frames.hpp"
#include "runner/exec/container_images.hpp"
#include "runner/exec/container_services.hpp"
#include "runner/exec/handover.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <sys/stat.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

constexpr std::string_view executor_label = "latchkey.executor";

class container_execution : public execution {
public:
    // The client and the errands are the backend's, and outlive it.
    container_execution(engine::client& client, async::task_group& errands, std::string id,
                        std::unique_ptr<engine::http_connection> output, handover files,
                        std::unique_ptr<container_services> services, bool waits_late)
        : waits_late_(waits_late),
          client_(client),
          errands_(errands),
          id_(std::move(id)),
          output_(std::move(output)),
          files_(std::move(files)),
          services_(std::move(services)) {}

    ~container_execution() override {
        if (!removed_) engine::remove_container_now(client_.socket(), id_);
    }

    async::task<result<std::size_t>> read(asio::mutable_buffer buffer) override {
        for (;;) {
            const auto n = co_await output_->read(buffer);
            if (!n || *n == 0) co_return n;
            const std::size_t text = frames_.unpack({static_cast<char*>(buffer.data()), *n});
            if (!frames_.good())
                co_return failure(errc::engine, "the container engine sends output in a form that is not understood");
            if (text > 0) co_return text;
        }
    }

    async::task<result<exit_status>> wait() override {
        auto code = co_await ended();
        if (!code && code.error().code == errc::cancelled) co_return code.error();
        over_ = true;
        auto removed = co_await engine::remove_container(client_, id_);
        if (removed) removed_ = true;
        if (services_) co_await services_->stop(!code || *code != 0);
        if (!code) co_return code.error();
        if (!removed) co_return removed.error();
        co_return exit_status{false, *code};
    }

    // Signals reach the container's first process only, which is not the script: a process in it passes it on.
    std::string exported() override { return files_.exported(); }

    void terminate() override {
        if (asked_ || over_) return;
        asked_ = true;
        errands_.spawn(ask(client_, id_));
    }

    void kill() override {
        if (!over_) errands_.spawn(end(client_, id_));
    }

private:
    // All output has been read by then: it ends any moment.
    async::task<result<int>> ended() {
        if (waits_late_) {
            auto soon = co_await engine::ended_soon(client_, id_);
            if (!soon) co_return soon.error();
            if (*soon) co_return **soon;
        }
        co_return co_await engine::wait_container(client_, id_);
    }

    static async::task<> ask(engine::client& client, std::string id) {
        auto asked = co_await engine::execute_in(client, id, {"/bin/sh", "-c", "kill -TERM -1"});
        (void)asked;  // it has ended meanwhile, or will be killed when its time is over
    }
    static async::task<> end(engine::client& client, std::string id) {
        auto killed = co_await engine::kill_container(client, id, "SIGKILL");
        (void)killed;  // it has ended meanwhile
    }

    bool waits_late_;
    engine::client& client_;
    async::task_group& errands_;
    std::string id_;
    std::unique_ptr<engine::http_connection> output_;
    handover files_;
    std::unique_ptr<container_services> services_;
    engine::frames frames_;
    bool asked_ = false;
    bool over_ = false;
    bool removed_ = false;
};

class container_backend : public backend {
public:
    container_backend(const asio::any_io_executor& executor, container_options options)
        : client_(executor, std::move(options.socket)),
          labels_({{std::string(executor_label), options.executor_mark}}),
          images_(client_, labels_),
          errands_(executor),
          waits_late_(options.waits_late) {}

    std::string_view name() const override { return "container"; }

    exec::isolation isolation() const override { return {true, true, ""}; }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        if (!r.container)
            co_return failure(errc::engine, "\"" + r.label + "\" names no image: it can't run in a container");
        struct stat folder{};
        if (::stat(r.directory.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode))
            co_return about(r, {errc::engine, "there is no folder " + r.directory.string()});
        auto image = co_await images_.prepare(r);
        if (!image) co_return about(r, image.error());
        auto spec = spec_for(r, *image);
        if (!spec) co_return about(r, spec.error());
        const std::string user = spec->user.empty() ? image->user : spec->user;
        auto files = handover::write(r, !user.empty() && user != "0" && user != "root");
        if (!files) co_return files.error();
        spec->command = files->arguments();
        spec->mounts.push_back({files->source(), std::string(handover::place), true});
        if (files->collects()) spec->mounts.push_back({files->back(), std::string(handover::place_back), false});
        std::unique_ptr<container_services> services;
        if (!r.container->services.empty()) {
            auto started = co_await container_services::start(client_, images_, errands_, r, labels_);
            if (!started) co_return about(r, started.error());
            services = std::move(*started);
            spec->network = services->network();
        }
        auto id = co_await async::uncancelled(engine::create_container(client_, *spec));
        if (!id) {
            co_await async::shielded();
            if (services) co_await services->stop(false);
            co_return about(r, id.error());
        }
        auto output = co_await engine::attach(client_, *id);
        result<void> started;
        if (output) started = co_await engine::start_container(client_, *id);
        if (!output || !started) {
            // Also when it was cancelled: nothing is left behind.
            co_await async::shielded();
            auto removed = co_await engine::remove_container(client_, *id);
            (void)removed;  // why it could not be started says more
            if (services) co_await services->stop(false);
            co_return about(r, output ? started.error() : output.error());
        }
        co_return std::make_unique<container_execution>(client_, errands_, std::move(*id), std::move(*output),
                                                        std::move(*files), std::move(services), waits_late_);
    }

    async::task<> close() override { return errands_.join(); }

private:
    static failure about(const request& r, const failure& f) {
        if (f.code == errc::cancelled) return f;
        return {f.code, "can't execute \"" + r.label + "\": " + f.what};
    }

    result<engine::container_spec> spec_for(const request& r, const engine::image_facts& image) const {
        engine::container_spec spec;
        spec.image = image.id;
        // An empty one would be the image's own to Podman.
        spec.entrypoint = std::vector<std::string>{handover::program};
        for (const auto& [name, value] : r.environment) {
            if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
                value.find('\0') != std::string::npos)
                return failure(errc::engine,
                               "no environment can hold " + (name.empty() ? "a variable without a name" : name) +
                                   ": a name must not be empty or hold \"=\", and nothing a NUL character");
            // The last one stands.
            std::erase_if(spec.environment, [&n = name](const std::string& v) { return v.starts_with(n + "="); });
            spec.environment.push_back(name + "=" + value);
        }
        spec.working_directory = r.container->working_directory;
        spec.user = r.container->user;
        spec.labels = labels_;
        for (const mount& m : r.container->mounts) {
            struct stat facts{};
            if (::stat(m.source.c_str(), &facts) != 0)
                return failure(errc::engine, "there is no folder " + m.source.string());
            spec.mounts.push_back({m.source.string(), m.target, m.read_only});
        }
        if (!r.network) spec.network = "none";
        spec.memory_bytes = r.limits.memory_bytes;
        spec.cpus = r.limits.cpus;
        spec.pids = r.limits.pids;
        return spec;
    }

    engine::client client_;
    std::map<std::string, std::string> labels_;
    container_images images_;
    async::task_group errands_;
    bool waits_late_;
};

}  // namespace

std::unique_ptr<backend> make_container_backend(asio::any_io_executor executor, container_options options) {
    return std::make_unique<container_backend>(executor, std::move(options));
}

result<std::pair<std::string, engine::engine_facts>> find_engine_now() {
    return engine::run_now<std::pair<std::string, engine::engine_facts>>(
        [](asio::any_io_executor executor) { return engine::find_engine(executor); });
}

result<void> remove_left_by_now(const std::string& executor_mark) {
    return engine::run_now<void>([&](asio::any_io_executor executor) -> async::task<result<void>> {
        auto found = co_await engine::find_engine(executor);
        if (!found) co_return result<void>();
        engine::client client(executor, found->first);
        co_return co_await remove_left_by(client, executor_mark);
    });
}

async::task<result<void>> remove_left_by(engine::client& client, std::string executor_mark) {
    const std::string label = std::string(executor_label) + "=" + executor_mark;
    auto containers = co_await engine::containers_with_label(client, label);
    if (!containers) co_return containers.error();
    for (const std::string& id : *containers)
        if (auto removed = co_await engine::remove_container(client, id); !removed) co_return removed.error();
    auto networks = co_await engine::networks_with_label(client, label);
    if (!networks) co_return networks.error();
    for (const std::string& name : *networks)
        if (auto removed = co_await engine::remove_network(client, name); !removed) co_return removed.error();
    co_return result<void>();
}

}  // namespace latchkey::exec
