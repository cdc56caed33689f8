// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image.hpp"

#include "pipelines/catalogue.hpp"

namespace latchkey::pipelines {

namespace {

// `registry:5000/name` has a port, not a tag.
bool has_image_version(std::string_view image) {
    const std::size_t slash = image.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
    return name.find_first_of(":@") != std::string_view::npos;
}

}  // namespace

std::string resolve_image(const action& step, const variable_lookup& value_of, std::vector<std::string>* unknown) {
    if (step.image.empty()) {
        if (step.kind == nullptr) return {};
        const yaml::node* version = step.kind->image_tag.empty() ? nullptr : field_of(step, step.kind->image_tag);
        const std::string tag = version == nullptr ? std::string() : interpolate(version->text, value_of, unknown);
        if (tag.empty()) return step.kind->default_image;
        return step.kind->default_image.substr(0, step.kind->default_image.rfind(':')) + ":" + tag;
    }
    std::string image = interpolate(step.image.value, value_of, unknown);
    const std::string tag = interpolate(step.image_tag.value, value_of, unknown);
    if (tag.empty() || has_image_version(image)) return image;
    return image + ":" + tag;
}

}  // namespace latchkey::pipelines
