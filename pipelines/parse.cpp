// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse.hpp"

#include "pipelines/parse_parts.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace latchkey::pipelines {

namespace {

// Keys at the top of a file that say that it was written for something else.
constexpr std::array<std::string_view, 11> foreign_keys = {
    "version", "pipelines", "tasks", "jobs", "stages", "steps", "workflows", "image", "script", "stage", "services"};

span first_line(const source& file, span where) {
    const std::string_view text = file.text();
    const auto end = static_cast<std::uint32_t>(std::min(text.find_first_of("\r\n", where.begin), text.size()));
    return {where.begin, std::min(end, std::max(where.end, where.begin))};
}

void explain_map_at_top(value_reader& reader, const source& file, const yaml::node& root) {
    if (root.find("pipeline") != nullptr) {
        reader.error("P020", first_line(file, root.where), "the file is a map, and has to be a list of pipelines",
                     "write `- ` before `pipeline:` and indent the lines below it by two spaces");
        return;
    }
    if (root.find("actions") != nullptr || root.find("action") != nullptr) {
        reader.error("P020", first_line(file, root.where),
                     "the file has actions, and no pipeline that they belong to",
                     "start the file with `- pipeline: name`, and put the actions below it under `actions:`");
        return;
    }
    for (const yaml::entry& entry : root.entries) {
        if (std::ranges::find(foreign_keys, entry.key) == foreign_keys.end()) continue;
        reader.error("P021", entry.key_where,
                     "this is another tool's format: " + in_backticks(entry.key) +
                         " has no place at the top of a pipeline file",
                     "a pipeline file is a list: `- pipeline: name` with `actions:` below");
        return;
    }
    reader.error("P020", first_line(file, root.where), "the file is a map, and has to be a list of pipelines",
                 "start it with `- pipeline: name`");
}

void explain_item(value_reader& reader, const source& file, const yaml::node& item) {
    const span where = first_line(file, item.where);
    if (item.kind == yaml::kind::map && item.find("action") != nullptr) {
        reader.error("P022", where, "an action stands where a pipeline belongs",
                     "put it under `actions:` of a `- pipeline: name`, indented further than that");
    } else if (item.kind == yaml::kind::map) {
        reader.error("P022", where, "this item of the list has no key `pipeline`",
                     "start it with `- pipeline: name`");
    } else {
        reader.error("P022", where, "this item of the list is not a pipeline",
                     "write `- pipeline: name` with its keys below");
    }
}

}  // namespace

const yaml::node* field_of(const action& a, std::string_view key) {
    for (const yaml::entry& e : a.fields)
        if (e.key == key) return &e.value;
    return nullptr;
}

const pipeline* document::find(std::string_view id) const {
    const auto found = std::ranges::find_if(pipelines, [id](const pipeline& p) { return p.id.value == id; });
    return found == pipelines.end() ? nullptr : &*found;
}

parsed parse(const source& file, type_source* types) {
    parsed out;
    std::optional<yaml::node> root = yaml::read(file, out.problems);
    if (!root) {
        sort_by_place(out.problems);
        return out;
    }
    value_reader reader(file, out.problems, types);
    std::vector<yaml::node> items;
    if (root->kind == yaml::kind::sequence) {
        items = std::move(root->items);
    } else if (root->kind == yaml::kind::map) {
        explain_map_at_top(reader, file, *root);
        // What else is wrong with it is worth saying too.
        if (root->find("pipeline") != nullptr) items.push_back(std::move(*root));
    } else {
        reader.error("P020", first_line(file, root->where), "the file is one text, and has to be a list of pipelines",
                     "start it with `- pipeline: name`");
    }
    if (root->kind == yaml::kind::sequence && items.empty())
        reader.error("P005", root->where, "the file holds no pipeline", "start it with `- pipeline: name`");

    out.model.pipelines.reserve(items.size());
    std::unordered_map<std::string, span> names;
    for (yaml::node& item : items) {
        if (item.kind != yaml::kind::map || item.find("pipeline") == nullptr) {
            explain_item(reader, file, item);
            continue;
        }
        std::optional<pipeline> read = read_pipeline(reader, item);
        if (!read) continue;
        const auto [before, added] = names.try_emplace(read->id.value, read->id.where);
        if (!added && !reader.settled())
            reader.error("P024", read->id.where,
                         "the pipeline " + in_backticks(read->id.value) + " is defined already, in line " +
                             std::to_string(file.at(before->second.begin).line),
                         "give it a name of its own");
        out.model.pipelines.push_back(std::move(*read));
    }
    sort_by_place(out.problems);
    return out;
}

}  // namespace latchkey::pipelines
