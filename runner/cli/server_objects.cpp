// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/server_objects.hpp"

#include "runner/objects/local_objects.hpp"
#include "runner/objects/s3_objects.hpp"

namespace latchkey::cli {

namespace {

constexpr std::string_view file_scheme = "file:";

}  // namespace

result<object_options> read_objects(const std::map<std::string, setting, std::less<>>& all) {
    object_options o;
    const auto place = all.find("objects");
    const auto login = all.find("objects-login");
    if (login != all.end()) o.login_file = std::filesystem::absolute(login->second.value);
    if (place == all.end()) {
        if (login == all.end()) return o;
        return failure(errc::usage, "--objects-login is for objects in a bucket: name it with --objects s3://…");
    }
    const setting& s = place->second;
    if (objects::is_s3_url(s.value)) {
        if (auto fine = objects::read_s3_url(s.value); !fine)
            return failure(errc::usage, "the objects' place (" + s.origin + "): " + fine.error().what);
        o.url = s.value;
        return o;
    }
    if (!s.value.starts_with(file_scheme) || s.value.size() == file_scheme.size())
        return failure(errc::usage, "the objects' place (" + s.origin +
                                        ") is file:FOLDER or s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION");
    std::string_view folder = std::string_view(s.value).substr(file_scheme.size());
    if (folder.starts_with("//")) folder.remove_prefix(2);
    if (!folder.starts_with('/'))
        return failure(errc::usage,
                       "the objects' folder (" + s.origin + ") must be a whole path, as in file:/mnt/logs");
    o.folder = std::filesystem::path(folder).lexically_normal();
    return o;
}

result<std::unique_ptr<objects::object_store>> open_objects(const object_options& o) {
    if (!o.folder.empty()) return objects::open_local_objects(o.folder);
    if (o.url.empty()) return std::unique_ptr<objects::object_store>();
    auto place = objects::read_s3_url(o.url);
    if (!place) return place.error();
    auto login = o.login_file.empty() ? objects::s3_login_at_hand() : objects::read_s3_login_file(o.login_file);
    if (!login) return login.error();
    return objects::make_s3_objects(std::move(*place), std::move(*login));
}

}  // namespace latchkey::cli
