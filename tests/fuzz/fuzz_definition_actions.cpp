// SPDX-License-Identifier: Apache-2.0
// A definition whose actions are changed one by one: what is not changed stays what it was, and the outcome can be
// read.
#include "runner/server/definition_actions.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using latchkey::server::definition_actions;
using latchkey::server::json;

// As long as it can be read: an alias may have lost its anchor.
void check(const std::string& text, std::size_t size, const definition_actions& before, std::size_t changed) {
    const auto after = definition_actions::read("p", text);
    if (!after) {
        if (text.find_first_of("&*") == std::string::npos) std::abort();
        return;
    }
    if (after->size() != size) std::abort();
    if (text.find_first_of("&*") != std::string::npos) return;
    for (std::size_t i = 0; i < std::min(changed, size); ++i)
        if (after->at(i) != before.at(i)) std::abort();
    // Behind it everything has moved by as many as there are more or less now.
    for (std::size_t i = changed + 1; i < before.size(); ++i)
        if (after->at(i + size - before.size()) != before.at(i)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 20'000) return 0;
    const auto read = definition_actions::read("p", std::string(reinterpret_cast<const char*>(data), size));
    if (!read || read->size() > 50) return 0;
    const json action = {{"action", "New\n\"one\""}, {"type", "BUILD"}, {"execute_commands", {"a: b", "- c", "#"}}};
    check(read->with_added(action), read->size() + 1, *read, read->size());
    for (std::size_t i = 0; i < read->size(); ++i) {
        check(read->with_replaced(i, action), read->size(), *read, i);
        check(read->without(i), read->size() - 1, *read, i);
    }
    return 0;
}
