// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/environment_block.hpp"

#include <string_view>
#include <unordered_map>

namespace latchkey::exec {

namespace {

class environment_block {
public:
    explicit environment_block(std::size_t most) {
        all_.reserve(most);
        place_.reserve(most);
    }

    void add(std::string_view name, std::string_view value) {
        if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos ||
            value.find('\0') != std::string_view::npos) {
            if (refused_.empty()) refused_ = name.empty() ? "a variable without a name" : std::string(name);
            return;
        }
        const auto [at, is_new] = place_.try_emplace(name, all_.size());
        if (is_new)
            all_.emplace_back(name, value);
        else
            all_[at->second].second = value;
    }

    // The name of one that no environment can hold; empty: all are well.
    const std::string& refused() const { return refused_; }

    void write(std::vector<std::string>& into) const {
        into.reserve(all_.size() + 1);
        for (const auto& [name, value] : all_) {
            std::string variable;
            variable.reserve(name.size() + value.size() + 1);  // a secret is not left behind by growing
            variable.append(name).append(1, '=').append(value);
            into.push_back(std::move(variable));
        }
    }

private:
    std::vector<std::pair<std::string_view, std::string_view>> all_;
    std::unordered_map<std::string_view, std::size_t> place_;
    std::string refused_;
};

}  // namespace

result<void> write_environment(const request& r, const secret_files& files, std::vector<std::string>& into) {
    environment_block all(r.machine_environment.size() + r.environment.size() + r.secrets.size() +
                          files.variables().size());
    for (const auto& [name, value] : r.machine_environment) all.add(name, value);
    for (const auto& [name, value] : r.environment) all.add(name, value);
    for (const auto& [name, value] : r.secrets) all.add(name, value->reveal());
    for (const auto& [name, path] : files.variables()) all.add(name, path);
    if (!all.refused().empty())
        return failure(errc::engine, "no environment can hold " + all.refused() +
                                         ": a name must not be empty or hold \"=\", and nothing a NUL character");
    all.write(into);
    return {};
}

}  // namespace latchkey::exec
