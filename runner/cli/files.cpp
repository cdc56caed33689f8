// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/files.hpp"

#include "runner/cli/environment.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace latchkey::cli {

namespace {

constexpr std::uintmax_t largest_file = 16U << 20U;

// One file of the project, read.
struct read_file {
    std::string name;
    std::unique_ptr<run::definition> definition;
};

result<std::vector<read_file>> read_files(context& c, const std::string& file) {
    const std::filesystem::path root = c.project_root();
    std::vector<std::filesystem::path> paths;
    if (file.empty()) {
        paths = pipeline_files_in(root);
        if (paths.empty())
            return failure(errc::not_found, "there is no pipeline file in " + root.string() +
                                                ": write buddy.yml or .buddy/NAME.yml, or name a file with -f");
    } else {
        paths = {file};
    }
    auto types = read_types(c);
    if (!types) return types.error();
    std::vector<read_file> all;
    for (const std::filesystem::path& path : paths) {
        auto bytes = read_pipeline_file(path);
        if (!bytes) return bytes.error();
        std::string name = name_in_project(c, path);
        auto definition = run::read_definition(name, std::move(*bytes), "", *types);
        all.push_back({std::move(name), std::move(definition)});
    }
    return all;
}

std::vector<std::string> names_in(const run::definition& d) {
    std::vector<std::string> names;
    for (const pipelines::pipeline& p : d.parsed.model.pipelines) names.push_back(p.id.value);
    return names;
}

// A pipeline is what it is for as long as it is in its file: one that comes back later is another one, and has no
// permission. Files that can't be understood are left as they are known.
result<void> retire_what_is_gone(context& c, store::store& s, policy::project_id project,
                                 const std::vector<read_file>& files) {
    for (const read_file& f : files) {
        if (pipelines::has_errors(f.definition->parsed.problems)) continue;
        if (auto done = s.sync_pipelines(project, f.name, names_in(*f.definition), c.now()); !done)
            return done.error();
    }
    auto known = s.pipelines(project);
    if (!known) return known.error();
    for (const store::pipeline_record& p : *known) {
        std::error_code ec;
        if (std::filesystem::exists(c.project_root() / p.file, ec) || ec) continue;
        if (auto done = s.sync_pipelines(project, p.file, {}, c.now()); !done) return done.error();
    }
    return {};
}

}  // namespace

result<std::vector<run::type_file>> read_types(context& c) {
    return run::read_type_files(c.project_root(), own_types_folder());
}

std::string name_in_project(context& c, const std::filesystem::path& file) {
    std::error_code ec;
    const std::filesystem::path full = std::filesystem::weakly_canonical(file, ec);
    const std::filesystem::path relative = full.lexically_relative(c.project_root());
    return relative.empty() || *relative.begin() == ".." ? full.string() : relative.string();
}

std::vector<std::filesystem::path> pipeline_files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code ec;
    for (const char* name : {"buddy.yml", "buddy.yaml"})
        if (std::filesystem::is_regular_file(folder / name, ec)) files.push_back(folder / name);
    std::vector<std::filesystem::path> more;
    for (const auto& entry : std::filesystem::directory_iterator(folder / ".buddy", ec)) {
        const std::filesystem::path& path = entry.path();
        if ((path.extension() == ".yml" || path.extension() == ".yaml") && entry.is_regular_file(ec))
            more.push_back(path);
    }
    std::ranges::sort(more);
    files.insert(files.end(), more.begin(), more.end());
    return files;
}

result<std::string> read_pipeline_file(const std::filesystem::path& path) {
    std::error_code ec;
    const std::uintmax_t size = std::filesystem::file_size(path, ec);
    if (ec) return failure(errc::not_found, "can't read " + path.string() + ": " + ec.message());
    if (size > largest_file)
        return failure(errc::usage, path.string() + " is larger than 16 MB: that is no pipeline file");
    std::ifstream in(path, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(size) + 1, '\0');
    // It may have shrunk meanwhile; has it grown, it is another file than the one that was looked at.
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad() || !in.eof() || !in.is_open()) return failure(errc::io, "can't read " + path.string());
    return bytes;
}

result<choice> choose_pipeline(context& c, const std::string& name, const std::string& file, purpose why) {
    auto files = read_files(c, file);
    if (!files) return files.error();
    choice made;
    for (const read_file& f : *files)
        if (pipelines::has_errors(f.definition->parsed.problems)) made.invalid += f.definition->rendered();

    read_file* found = nullptr;
    std::size_t count = 0;
    std::vector<std::string_view> names;
    for (read_file& f : *files)
        for (const pipelines::pipeline& p : f.definition->parsed.model.pipelines) {
            names.push_back(p.id.value);
            if (!name.empty() && p.id.value != name) continue;
            ++count;
            found = &f;
            f.definition->pipeline = &p;
        }
    // What a broken file would have said is not known: nothing is chosen from the rest by accident.
    if (!made.invalid.empty() &&
        (name.empty() || found == nullptr || pipelines::has_errors(found->definition->parsed.problems)))
        return made;
    made.invalid.clear();
    if (count == 0 && !name.empty()) {
        const std::string_view near = pipelines::nearest(name, names);
        return failure(errc::not_found,
                       "there is no pipeline \"" + name + "\"" +
                           (near.empty() ? std::string(names.empty() ? "" : ": `latchkey run` lists them")
                                         : ": did you mean \"" + std::string(near) + "\"?"));
    }
    if (count == 0) return failure(errc::not_found, "there is no pipeline in " + files->front().name);
    if (count > 1 && name.empty()) {
        std::string list = "which pipeline? There are " + std::to_string(count) + ":";
        for (const std::string_view each : names) list += "\n  " + std::string(each);
        return failure(errc::usage, list);
    }
    if (count > 1)
        return failure(errc::usage,
                       "the pipeline \"" + name + "\" is in more than one file: choose one with -f FILE");

    auto s = c.store();
    if (!s) return s.error();
    auto project = c.project();
    if (!project) return project.error();
    const std::string wanted = found->definition->pipeline->id.value;
    const std::vector<std::string> living = names_in(*found->definition);
    if (why == purpose::use)
        if (auto retired = retire_what_is_gone(c, **s, project->id, *files); !retired) return retired.error();
    auto records = (*s)->add_pipelines(project->id, found->name, living);
    if (!records) return records.error();
    const auto record = std::ranges::find(*records, wanted, &store::pipeline_record::name);
    if (record == records->end()) return failure(errc::store, "the store has lost the pipeline \"" + wanted + "\"");
    made.chosen = chosen_pipeline{found->name, std::move(found->definition), *record};
    return made;
}

result<store::pipeline_record> find_pipeline(context& c, const std::string& name, const std::string& file,
                                             purpose why) {
    auto made = choose_pipeline(c, name, file, why);
    if (!made) return made.error();
    if (!made->chosen) return failure(errc::invalid, "the pipeline file has errors:\n" + made->invalid);
    return made->chosen->record;
}

}  // namespace latchkey::cli
