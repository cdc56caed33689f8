// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/choice.hpp"

#include "runner/async/notification.hpp"
#include "runner/engine/find_engine.hpp"
#include "runner/exec/container.hpp"
#include "runner/exec/host.hpp"
#include "runner/exec/sandbox.hpp"

namespace latchkey::exec {

namespace {

// A backend that takes a while to find, once; several actions may ask for it at once.
class sought {
public:
    using seek = std::function<async::task<result<std::unique_ptr<backend>>>()>;

    sought(const boost::asio::any_io_executor& executor, seek how) : how_(std::move(how)), done_(executor) {}

    // Looks again after a failure.
    async::task<result<backend*>> find() {
        while (looking_) co_await done_.wait();
        if (found_) co_return found_.get();
        looking_ = true;
        auto made = co_await how_();
        looking_ = false;
        done_.notify();
        if (!made) co_return made.error();
        found_ = std::move(*made);
        co_return found_.get();
    }

    async::task<> close() {
        if (found_) co_await found_->close();
    }

private:
    seek how_;
    std::unique_ptr<backend> found_;
    bool looking_ = false;
    async::notification done_;
};

class choosing_backend : public backend {
public:
    choosing_backend(const boost::asio::any_io_executor& executor, choice_options options)
        : executor_(executor),
          options_(std::move(options)),
          sandbox_(executor, [this] { return find_sandbox(); }),
          containers_(executor, [this] { return find_containers(); }) {}

    std::string_view name() const override { return "choice"; }

    exec::isolation isolation() const override { return make_host_backend(executor_)->isolation(); }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        const bool anywhere = r.trusted || options_.wanted == "host";
        if (!anywhere && (options_.wanted == "container" || (options_.wanted.empty() && r.container))) {
            auto there = co_await containers_.find();
            if (!there) co_return there.error();
            co_return co_await (*there)->start(std::move(r));
        }
        if (!anywhere && why_no_sandbox_.empty()) {
            auto there = co_await sandbox_.find();
            if (there) co_return co_await (*there)->start(std::move(r));
            if (options_.wanted == "sandbox" || there.error().code == errc::usage) co_return there.error();
            why_no_sandbox_ = there.error().what;
        }
        if (!anywhere && r.say) r.say("not in a sandbox: " + why_no_sandbox_);
        if (!host_) host_ = make_host_backend(executor_);
        co_return co_await host_->start(std::move(r));
    }

    async::task<> close() override {
        co_await containers_.close();
        co_await sandbox_.close();
    }

private:
    async::task<result<std::unique_ptr<backend>>> find_containers() {
        auto engine = co_await engine::find_engine(executor_);
        if (!engine) co_return engine.error();
        co_return make_container_backend(executor_,
                                         {engine->first, options_.executor_mark, engine->second.waits_late()});
    }

    // Who asks for it is told by the first action why it does not work; else that is found out before.
    async::task<result<std::unique_ptr<backend>>> find_sandbox() {
        auto made = make_sandbox_backend(executor_, options_.sandbox);
        if (!made || options_.wanted == "sandbox") co_return made;
        if (auto works = co_await try_sandbox(**made); !works) co_return works.error();
        co_return made;
    }

    boost::asio::any_io_executor executor_;
    choice_options options_;
    std::unique_ptr<backend> host_;
    sought sandbox_;
    sought containers_;
    std::string why_no_sandbox_;
};

}  // namespace

std::unique_ptr<backend> make_choosing_backend(boost::asio::any_io_executor executor, choice_options options) {
    return std::make_unique<choosing_backend>(executor, std::move(options));
}

}  // namespace latchkey::exec
