// SPDX-License-Identifier: Apache-2.0
//
// One action at its agent: asks for its secrets, starts it, masks what it prints and sends it in order, and reports
// its end once. Private to the agent; on its loop. Owner: the attempt, which joins run().
#pragma once

#include "runner/agent/held_work.hpp"
#include "runner/agent/request_form.hpp"
#include "runner/log/masker.hpp"

namespace latchkey::agent {

class running_action {
public:
    running_action(held_work& of, std::int64_t number, nlohmann::json form);
    async::task<> run();
    void terminate();
    void kill();

private:
    std::string path(std::string_view what) const;
    // Fills in the request and arms the masker. False: it is not to be executed.
    async::task<bool> get_ready();
    result<void> check_folders();
    async::task<result<void>> execute();
    async::task<> read_output();
    async::task<> send_output();
    void append(const log::masked_bytes&);
    std::string masked(const std::string& text) const;

    held_work& of_;
    const std::int64_t number_;
    const nlohmann::json form_;
    received_request got_;
    log::masker masker_;
    std::unique_ptr<log::masker_stream> stream_;
    std::unique_ptr<exec::execution> execution_;
    boost::asio::cancellation_signal starting_;
    async::task_group helpers_;
    async::notification news_;  // for the sender
    async::notification room_;  // for the reader
    std::string output_;        // masked, not yet sent
    std::uint64_t sent_ = 0;
    bool complete_ = false;  // nothing more comes
    bool stopped_ = false;   // it was to end before it had started
};

}  // namespace latchkey::agent
