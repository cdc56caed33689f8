// SPDX-License-Identifier: Apache-2.0
//
// The maskers of an attempt's actions. What was opened for one action is masked in the output of all that start later
// too: it may have been passed on in a file of the workspace. One loop; needles are compiled on the pool.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/async/task.hpp"
#include "runner/log/masker.hpp"
#include "runner/run/access.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace latchkey::run {

class attempt_maskers {
public:
    using warn = std::function<void(std::string)>;

    // The plan and the secrets supplied for the run outlive it. `warn` is told once of each secret that is too short.
    attempt_maskers(boost::asio::thread_pool&, const pipelines::plan&,
                    const std::map<std::string, vault::secret>& supplied, warn);

    void learn(const vault::secret&);
    void learn(const action_secrets&);

    // What is masked for an action that starts now, as long as nothing more is learned.
    std::vector<std::string_view> known_to(std::uint32_t action) const;
    // For an action that starts now.
    async::task<result<log::masker>> for_action(std::uint32_t action);

private:
    boost::asio::thread_pool& pool_;
    const pipelines::plan& plan_;
    const std::map<std::string, vault::secret>& supplied_;
    warn warn_;
    std::vector<vault::secret> opened_;               // by the attempt's actions so far, each once
    std::unordered_set<std::string_view> known_;      // the same, to look them up
    std::unordered_set<std::string_view> too_short_;  // what was warned about
    std::optional<log::masker> common_;               // of what every action has …
    std::size_t common_knows_ = 0;                    // … and so many of opened_
};

}  // namespace latchkey::run
