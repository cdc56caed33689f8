// SPDX-License-Identifier: Apache-2.0
//
// A repository's action.yml, and a pipeline that uses it: no crash, diagnostics sorted and inside the file, and what
// the action names as an integration is a reference with a place in the pipeline's file.
#include "pipelines/custom_action.hpp"
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

class one_action : public type_source {
public:
    explicit one_action(std::shared_ptr<const custom_action> action) : action_(std::move(action)) {}
    found_custom custom(std::string_view) override { return {action_, action_ ? "" : "it is not there", false}; }
    std::shared_ptr<const action_type> own(std::string_view) override { return nullptr; }
    std::vector<std::string_view> own_names() const override { return {}; }

private:
    std::shared_ptr<const custom_action> action_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const source file("action.yml", std::string(reinterpret_cast<const char*>(data), size));
    const auto length = static_cast<std::uint32_t>(file.text().size());
    diagnostics problems;
    std::optional<custom_action> read = read_custom_action(file, problems);
    require(read.has_value() == !has_errors(problems));
    std::uint32_t before = 0;
    for (const diagnostic& problem : problems) {
        require(problem.where.begin <= problem.where.end && problem.where.end <= length);
        require(before <= problem.where.begin);
        before = problem.where.begin;
    }
    static_cast<void>(render(file, problems));
    if (!read) return 0;
    require(!read->name.empty() && !read->commands.empty());

    std::string yaml =
        "- pipeline: p\n  actions:\n  - action: a\n    type: CUSTOM\n    custom_type: x\n    inputs:\n      none: "
        "''\n";
    std::size_t integrations = 0;
    for (const action_input& input : read->type.inputs) {
        yaml += "      " + input.name + ": shop\n";
        integrations += input.kind == input_kind::integration && input.name != "none" ? 1 : 0;
    }
    one_action types(std::make_shared<const custom_action>(std::move(*read)));
    const source pipeline("buddy.yml", yaml);
    const parsed whole = parse(pipeline, &types);
    require(whole.model.pipelines.size() == 1 && whole.model.pipelines[0].actions.size() == 1);
    const action& used = whole.model.pipelines[0].actions[0];
    require(used.integrations.size() >= integrations);
    for (const integration_reference& reference : used.integrations)
        require(!reference.value.empty() && reference.where.end <= pipeline.text().size());
    for (const diagnostic& problem : whole.problems) require(problem.where.end <= pipeline.text().size());
    return 0;
}
