// SPDX-License-Identifier: Apache-2.0
//
// The YAML reader over any bytes: no crash, bounded, every place inside the file and children inside their order.
#include "pipelines/yaml.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace latchkey::pipelines;

void require(bool holds) {
    if (!holds) std::abort();
}

std::size_t walk(const yaml::node& node, std::uint32_t size, std::size_t depth) {
    require(depth <= yaml::limits{}.depth);
    require(node.where.begin <= node.where.end && node.where.end <= size);
    require(node.kind == yaml::kind::sequence || node.items.empty());
    require(node.kind == yaml::kind::map || node.entries.empty());
    std::size_t nodes = 1;
    for (const yaml::node& item : node.items) nodes += walk(item, size, depth + 1);
    for (const yaml::entry& entry : node.entries) {
        require(entry.key_where.begin <= entry.key_where.end && entry.key_where.end <= size);
        require(node.find(entry.key) == &entry.value);  // no key twice
        nodes += walk(entry.value, size, depth + 1);
    }
    return nodes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const source file("fuzz.yml", std::string(reinterpret_cast<const char*>(data), size));
    const auto length = static_cast<std::uint32_t>(file.text().size());
    diagnostics problems;
    constexpr yaml::limits bounds{.bytes = 1U << 20U, .nodes = 20'000, .depth = 64};
    const std::optional<yaml::node> root = yaml::read(file, problems, bounds);
    require(root.has_value() != has_errors(problems));
    for (const diagnostic& problem : problems)
        require(problem.where.begin <= problem.where.end && problem.where.end <= length);
    if (root) require(walk(*root, length, 0) <= bounds.nodes);
    require(render(file, problems).empty() == problems.empty());
    return 0;
}
