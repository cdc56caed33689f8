// SPDX-License-Identifier: Apache-2.0
#include "pipelines/integrations.hpp"

#include <algorithm>
#include <array>

namespace latchkey::pipelines {

namespace {

constexpr std::array<std::string_view, 5> integration_keys = {"integration", "integration_hash", "integration_id",
                                                              "helm_integration", "helm_repository_integration"};
constexpr std::array<std::string_view, 6> docker_types = {
    "BUILD", "DOCKER", "DOCKERFILE", "DOCKER_BUILD_MULTI_ARCH", "DOCKER_PUSH", "RUN_DOCKER_CONTAINER"};
constexpr std::array<std::string_view, 7> registry_kinds = {
    "NONE", "DOCKER_HUB", "AMAZON_ECR", "GOOGLE_GCR", "GOOGLE_ARTIFACT_REGISTRY", "GIT_HUB_CONTAINER_REGISTRY",
    "OTHER"};

constexpr std::size_t hex_hash_length = 24;
constexpr std::size_t base62_hash_length = 26;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool looks_like_hash(std::string_view value) {
    if (value.size() == hex_hash_length)
        return std::ranges::all_of(value, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    // An identifier of 26 letters is a word; a hash of that length mixes digits and both cases.
    return value.size() == base62_hash_length &&
           std::ranges::all_of(value, [](char c) { return is_digit(c) || is_lower(c) || is_upper(c); }) &&
           std::ranges::any_of(value, is_digit) && std::ranges::any_of(value, is_upper);
}

}  // namespace

bool is_integration_key(std::string_view key) {
    return std::ranges::find(integration_keys, key) != integration_keys.end();
}

reference_form form_of(std::string_view key, std::string_view value) {
    if (key == "integration_hash") return reference_form::hash;
    if (looks_like_hash(value)) return reference_form::hash;
    if (!value.empty() && std::ranges::all_of(value, is_digit)) return reference_form::number;
    return reference_form::identifier;
}

bool is_registry_kind(std::string_view action_type, std::string_view value) {
    return std::ranges::find(docker_types, action_type) != docker_types.end() &&
           std::ranges::find(registry_kinds, value) != registry_kinds.end();
}

}  // namespace latchkey::pipelines
