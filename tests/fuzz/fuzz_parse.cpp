// SPDX-License-Identifier: Apache-2.0
//
// The whole way from bytes to the model: no crash, diagnostics sorted and inside the file, references inside the
// file and never empty, and what is shown holds nothing that moves a cursor.
#include "pipelines/parse.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace latchkey::pipelines;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_references(const std::vector<integration_reference>& references, std::uint32_t size) {
    for (const integration_reference& reference : references)
        require(!reference.value.empty() && reference.where.begin < reference.where.end &&
                reference.where.end <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const source file("fuzz.yml", std::string(reinterpret_cast<const char*>(data), size));
    const auto length = static_cast<std::uint32_t>(file.text().size());
    const parsed read = parse(file);
    std::uint32_t before = 0;
    for (const diagnostic& problem : read.problems) {
        require(problem.where.begin <= problem.where.end && problem.where.end <= length);
        require(before <= problem.where.begin);
        require(problem.code.size() == 4 && !problem.message.empty());
        before = problem.where.begin;
    }
    require(!read.model.pipelines.empty() || has_errors(read.problems));
    for (const pipeline& each : read.model.pipelines) {
        require(!each.id.empty() && each.where.end <= length);
        check_references(each.integrations, length);
        for (const action& step : each.actions) {
            require(step.where.end <= length);
            check_references(step.integrations, length);
        }
    }
    const std::string shown = render(file, read.problems);
    require(std::ranges::none_of(shown,
                                 [](char c) { return (c >= 0 && c < 0x20 && c != '\n' && c != '\t') || c == 0x7F; }));
    return 0;
}
