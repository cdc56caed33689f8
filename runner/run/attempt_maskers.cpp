// SPDX-License-Identifier: Apache-2.0
#include "runner/run/attempt_maskers.hpp"

#include "runner/async/offload.hpp"

namespace latchkey::run {

attempt_maskers::attempt_maskers(boost::asio::thread_pool& pool, const pipelines::plan& plan,
                                 const std::map<std::string, vault::secret>& supplied, warn w)
    : pool_(pool), plan_(plan), supplied_(supplied), warn_(std::move(w)) {}

void attempt_maskers::learn(const vault::secret& s) {
    if (s.empty() || known_.contains(s.reveal())) return;
    opened_.emplace_back(std::string(s.reveal()));
    known_.insert(opened_.back().reveal());
}

void attempt_maskers::learn(const action_secrets& given) {
    for (const opened_integration& i : given.integrations)
        for (const vault::opened_field& f : i.fields) learn(f.value);
    for (const auto& [name, value] : given.variables) learn(value);
    for (const delivered_secret_file& f : given.files) learn(f.content);
}

std::vector<std::string_view> attempt_maskers::known_to(std::uint32_t action) const {
    std::vector<std::string_view> secrets;
    for (const auto& [name, value] : supplied_) secrets.push_back(value.reveal());
    for (const vault::secret& s : opened_) secrets.push_back(s.reveal());
    for (const auto* environment : {&plan_.environment, &plan_.actions[action].environment})
        for (const pipelines::environment_entry& e : *environment)
            if (e.secret && !e.value.empty()) secrets.push_back(e.value);
    return secrets;
}

async::task<result<log::masker>> attempt_maskers::for_action(std::uint32_t action) {
    std::vector<std::string_view> secrets;
    const auto add_plain = [&secrets](const std::vector<pipelines::environment_entry>& environment) {
        for (const pipelines::environment_entry& e : environment)
            if (e.secret && !e.value.empty()) secrets.push_back(e.value);
    };
    for (const auto& [name, value] : supplied_) secrets.push_back(value.reveal());
    for (const vault::secret& s : opened_) secrets.push_back(s.reveal());
    add_plain(plan_.environment);
    const std::size_t of_all = secrets.size();
    add_plain(plan_.actions[action].environment);
    if (secrets.empty()) co_return log::masker();
    const bool nothing_own = secrets.size() == of_all;
    const std::size_t knows = opened_.size();
    if (nothing_own && common_ && common_knows_ == knows) co_return *common_;

    std::vector<std::size_t> too_short;
    auto build = [&] { return log::masker::build(secrets, &too_short); };
    auto built = co_await async::offload(pool_, std::move(build));
    bool news = false;
    for (const std::size_t i : too_short) news = too_short_.insert(secrets[i]).second || news;
    if (news)
        warn_("\"" + plan_.actions[action].name +
              "\" has a secret of fewer than 6 characters, which can't be masked in its output");
    if (built && nothing_own) {
        common_ = *built;
        common_knows_ = knows;
    }
    co_return built;
}

}  // namespace latchkey::run
