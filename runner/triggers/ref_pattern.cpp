// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "runner/triggers/ref_pattern.hpp"

#include "policy/glob.hpp"

#include <memory>
#include <pcre2.h>

namespace latchkey::triggers {

namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr std::size_t longest_pattern = 1000;

template <auto Function>
struct freed_by {
    template <class T>
    void operator()(T* object) const {
        Function(object);
    }
};
using compiled = std::unique_ptr<pcre2_code, freed_by<pcre2_code_free>>;

bool is_expression(std::string_view pattern) {
    return pattern.starts_with('(') && pattern.ends_with(')');
}

compiled compile(std::string_view pattern, int& fault) {
    const std::unique_ptr<pcre2_compile_context, freed_by<pcre2_compile_context_free>> bounds(
        pcre2_compile_context_create(nullptr));
    pcre2_set_max_pattern_length(bounds.get(), longest_pattern);
    pcre2_set_parens_nest_limit(bounds.get(), 50);
    PCRE2_SIZE at = 0;
    constexpr std::uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
                                      PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    return compiled(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &fault, &at,
                                  bounds.get()));
}

bool matches_expression(std::string_view pattern, std::string_view name) {
    int fault = 0;
    const compiled code = compile(pattern, fault);
    if (!code) return false;
    const std::unique_ptr<pcre2_match_context, freed_by<pcre2_match_context_free>> bounds(
        pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(bounds.get(), 200'000);
    pcre2_set_depth_limit(bounds.get(), 10'000);
    pcre2_set_heap_limit(bounds.get(), 20'000);  // KiB
    const std::unique_ptr<pcre2_match_data, freed_by<pcre2_match_data_free>> found(
        pcre2_match_data_create_from_pattern(code.get(), nullptr));
    return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0, found.get(),
                       bounds.get()) >= 0;
}

}  // namespace

bool matches_ref(std::string_view pattern, const policy::ref& ref, std::string_view default_branch) {
    if (pattern.empty() || pattern.size() > longest_pattern || ref.type == policy::ref_type::none) return false;
    const std::string_view name = ref.name;
    const bool is_branch = ref.type == policy::ref_type::branch && name.starts_with(heads);
    const bool speaks_of_requests = pattern.find("refs/pull") != std::string_view::npos;
    if (ref.type == policy::ref_type::pull_request && !speaks_of_requests) return false;
    const std::string_view short_name = is_branch ? name.substr(heads.size()) : name;
    if (is_expression(pattern)) {
        const bool speaks_of_heads = pattern.find("refs/heads") != std::string_view::npos;
        return matches_expression(pattern, speaks_of_heads ? name : short_name);
    }
    if (pattern == ":default") return is_branch && !default_branch.empty() && short_name == default_branch;
    if (pattern == "*") return true;
    if (pattern.starts_with("refs/")) return policy::glob_matches(pattern, name);
    return is_branch && policy::glob_matches(pattern, short_name);
}

std::string fault_of_pattern(std::string_view pattern) {
    if (pattern.empty()) return "it is empty";
    if (pattern.size() > longest_pattern) return "it is longer than 1000 characters";
    if (!is_expression(pattern)) return {};
    int fault = 0;
    if (compile(pattern, fault)) return {};
    PCRE2_UCHAR words[200] = {};
    pcre2_get_error_message(fault, words, sizeof words);
    return std::string("it is no regular expression: ") + reinterpret_cast<const char*>(words);
}

}  // namespace latchkey::triggers
