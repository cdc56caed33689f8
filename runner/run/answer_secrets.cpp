// SPDX-License-Identifier: Apache-2.0
#include "runner/run/answer_secrets.hpp"

#include <charconv>

namespace latchkey::run {

namespace {

constexpr std::size_t longest_answer = 1UL << 20U;

// NAME, a line end, the value's length, a line end, the value.
std::string joined(const std::map<std::string, vault::secret>& secrets) {
    std::string text;
    std::size_t size = 0;
    for (const auto& [name, value] : secrets) size += name.size() + value.size() + 24;
    text.reserve(size);  // grown, it would leave copies behind
    for (const auto& [name, value] : secrets) {
        text += name + "\n" + std::to_string(value.size()) + "\n";
        text += value.reveal();
    }
    return text;
}

std::optional<std::map<std::string, vault::secret>> apart(std::string_view text) {
    std::map<std::string, vault::secret> secrets;
    while (!text.empty()) {
        const std::size_t name = text.find('\n');
        const std::size_t count = name == std::string_view::npos ? name : text.find('\n', name + 1);
        if (count == std::string_view::npos) return std::nullopt;
        std::size_t size = 0;
        const char* const end = text.data() + count;
        const auto [at, wrong] = std::from_chars(text.data() + name + 1, end, size);
        if (wrong != std::errc() || at != end || size > text.size() - count - 1) return std::nullopt;
        secrets.insert_or_assign(std::string(text.substr(0, name)),
                                 vault::secret(std::string(text.substr(count + 1, size))));
        text.remove_prefix(count + 1 + size);
    }
    return secrets;
}

}  // namespace

result<std::optional<vault::sealed_field>> seal_answer(const vault::vault& vault, const vault::value_owner& owner,
                                                       const std::map<std::string, vault::secret>& secrets) {
    if (secrets.empty()) return std::optional<vault::sealed_field>();
    const vault::secret all(joined(secrets));
    if (all.size() > longest_answer) return failure(errc::usage, "the values are longer than 1 MB");
    return std::optional(vault.seal_value(owner, "answer", 1, all));
}

result<std::map<std::string, vault::secret>> open_answer(const vault::vault& vault, const vault::value_owner& owner,
                                                         const vault::sealed_field& sealed) {
    auto all = vault.open_value(owner, sealed);
    if (!all) return all.error();
    auto secrets = apart(all->reveal());
    if (!secrets) return failure(errc::corrupt, "the sealed answer is damaged: retry the run and answer again");
    return std::move(*secrets);
}

}  // namespace latchkey::run
