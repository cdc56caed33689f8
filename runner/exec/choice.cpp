// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/choice.hpp"

#include "runner/async/notification.hpp"
#include "runner/engine/find_engine.hpp"
#include "runner/exec/container.hpp"
#include "runner/exec/host.hpp"

namespace latchkey::exec {

namespace {

class choosing_backend : public backend {
public:
    choosing_backend(const boost::asio::any_io_executor& executor, choice_options options)
        : executor_(executor), options_(std::move(options)), found_(executor) {}

    std::string_view name() const override { return "choice"; }

    exec::isolation isolation() const override { return make_host_backend(executor_)->isolation(); }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        if (options_.wanted == "host" || !r.container) {
            if (!host_) host_ = make_host_backend(executor_);
            co_return co_await host_->start(std::move(r));
        }
        if (auto there = co_await look_for_engine(); !there) co_return there.error();
        co_return co_await containers_->start(std::move(r));
    }

    async::task<> close() override {
        if (containers_) co_await containers_->close();
    }

private:
    // Several actions may ask at once.
    async::task<result<void>> look_for_engine() {
        while (looking_) co_await found_.wait();
        if (containers_) co_return result<void>();
        looking_ = true;
        auto engine = co_await engine::find_engine(executor_);
        looking_ = false;
        found_.notify();
        if (!engine) co_return engine.error();
        containers_ = make_container_backend(executor_, {engine->first, options_.executor_mark});
        co_return result<void>();
    }

    boost::asio::any_io_executor executor_;
    choice_options options_;
    std::unique_ptr<backend> host_;
    std::unique_ptr<backend> containers_;
    bool looking_ = false;
    async::notification found_;
};

}  // namespace

std::unique_ptr<backend> make_choosing_backend(boost::asio::any_io_executor executor, choice_options options) {
    return std::make_unique<choosing_backend>(executor, std::move(options));
}

}  // namespace latchkey::exec
