// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/images.hpp"

#include "runner/engine/json_lines.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::engine {

namespace {

using nlohmann::json;

constexpr std::string_view docker_hub = "https://index.docker.io/v1/";

std::string base64_url(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t i = 0; i < 3; ++i)
            group = (group << 8U) | (i < n ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out.push_back(i <= n ? letters[(group >> (18U - 6U * i)) & 63U] : '=');
    }
    return out;
}

std::string dump_of(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::pair<std::string, std::string>> login_header(const std::optional<registry_login>& login,
                                                              bool always) {
    if (!login) {
        if (!always) return {};
        return {{"X-Registry-Auth", base64_url("{}")}};
    }
    const std::string server = login->server.empty() ? std::string(docker_hub) : login->server;
    return {{"X-Registry-Auth",
             base64_url(dump_of(
                 {{"username", login->username}, {"password", login->password}, {"serveraddress", server}}))}};
}

// What a transfer says for each layer, in any order and very often, as few lines.
class transfer_lines {
public:
    explicit transfer_lines(const progress& say) : say_(say) {}

    // Where the engine says that it failed: why.
    std::string take(const json& j) {
        if (const auto at = j.find("error"); at != j.end() && at->is_string()) return at->get<std::string>();
        const std::string status = j.value("status", "");
        const std::string layer = j.value("id", "");
        if (status == "Pull complete" || status == "Pushed") {
            if (say_) say_(status + " " + layer);
        } else if (layer.empty() || status.starts_with("Status:") || status.starts_with("Digest:")) {
            if (!status.empty() && status != last_ && say_) say_(status);
            last_ = status;
        }
        return {};
    }

private:
    const progress& say_;
    std::string last_;
};

async::task<result<void>> transfer(client& c, std::string target, std::string what,
                                   std::vector<std::pair<std::string, std::string>> headers, const progress& say) {
    auto opened = co_await c.open("POST", std::move(target), {}, std::move(headers));
    if (!opened) co_return opened.error();
    if (opened->status != 200) {
        auto body = co_await opened->connection->read_all(1UL << 20U);
        co_return cannot(what, {opened->status, body ? *body : ""});
    }
    transfer_lines lines(say);
    std::string why;
    auto read = co_await read_json_lines(*opened->connection, [&](const json& j) {
        if (std::string error = lines.take(j); !error.empty()) why = std::move(error);
    });
    if (!read) co_return read.error();
    if (!why.empty()) co_return failure(errc::engine, "the container engine can't " + what + ": " + why);
    co_return result<void>();
}

}  // namespace

image_name split_image(const std::string& image) {
    if (const std::size_t at = image.find('@'); at != std::string::npos)
        return {image.substr(0, at), image.substr(at + 1)};
    const std::size_t slash = image.rfind('/');
    const std::size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
    if (colon == std::string::npos) return {image, "latest"};
    return {image.substr(0, colon), image.substr(colon + 1)};
}

async::task<result<std::optional<image_facts>>> inspect_image(client& c, const std::string& image) {
    auto said = co_await c.call("GET", "/images/" + percent_encoded(image) + "/json");
    if (!said) co_return said.error();
    if (said->status == 404) co_return std::optional<image_facts>();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 200 || !j.is_object()) co_return cannot("describe the image " + image, *said);
    image_facts f;
    f.id = j.value("Id", "");
    if (const auto config = j.find("Config"); config != j.end() && config->is_object())
        f.user = config->value("User", "");
    co_return std::optional<image_facts>(std::move(f));
}

async::task<result<void>> pull_image(client& c, const std::string& image, const std::optional<registry_login>& login,
                                     const progress& say) {
    const image_name n = split_image(image);
    co_return co_await transfer(
        c, "/images/create?fromImage=" + percent_encoded(n.name) + "&tag=" + percent_encoded(n.tag),
        "pull the image " + image, login_header(login, false), say);
}

async::task<result<void>> push_image(client& c, const std::string& image, const std::optional<registry_login>& login,
                                     const progress& say, bool insecure) {
    const image_name n = split_image(image);
    const std::string target = "/images/" + percent_encoded(n.name) + "/push?tag=" + percent_encoded(n.tag);
    co_return co_await transfer(c, target + (insecure ? "&tlsVerify=false" : ""), "push the image " + image,
                                login_header(login, true), say);
}

async::task<result<void>> tag_image(client& c, const std::string& image, const std::string& as) {
    const image_name n = split_image(as);
    auto said = co_await c.call("POST", "/images/" + percent_encoded(image) + "/tag?repo=" + percent_encoded(n.name) +
                                            "&tag=" + percent_encoded(n.tag));
    if (!said) co_return said.error();
    if (said->status != 201 && said->status != 200) co_return cannot("name the image " + image + " " + as, *said);
    co_return result<void>();
}

async::task<result<void>> remove_image(client& c, const std::string& image) {
    auto said = co_await c.call("DELETE", "/images/" + percent_encoded(image));
    if (!said) co_return said.error();
    if (said->status != 200 && said->status != 404) co_return cannot("remove the image " + image, *said);
    co_return result<void>();
}

async::task<result<std::string>> commit_container(client& c, const std::string& id, const std::string& as) {
    const image_name n = split_image(as);
    auto said = co_await c.call("POST",
                                "/commit?container=" + id + "&repo=" + percent_encoded(n.name) +
                                    "&tag=" + percent_encoded(n.tag) + "&pause=false",
                                "{}", {}, std::chrono::seconds(600));
    if (!said) co_return said.error();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 201 || !j.is_object()) co_return cannot("make an image of a container", *said);
    co_return j.value("Id", "");
}

async::task<result<std::string>> build_image(client& c, const build_spec& spec, const archive_source& next,
                                             const std::optional<registry_login>& login,
                                             const std::function<void(std::string_view)>& output) {
    std::string target = "/build?rm=1&forcerm=1&dockerfile=" + percent_encoded(spec.dockerfile);
    for (const std::string& tag : spec.tags) target += "&t=" + percent_encoded(tag);
    if (!spec.target.empty()) target += "&target=" + percent_encoded(spec.target);
    if (!spec.platform.empty()) target += "&platform=" + percent_encoded(spec.platform);
    if (!spec.arguments.empty()) target += "&buildargs=" + percent_encoded(dump_of(spec.arguments));
    if (!spec.labels.empty()) target += "&labels=" + percent_encoded(dump_of(spec.labels));
    http_request request{"POST", client::versioned(target), {}, "application/x-tar", {}};
    if (login) {
        const std::string server = login->server.empty() ? std::string(docker_hub) : login->server;
        request.headers.emplace_back(
            "X-Registry-Config",
            base64_url(dump_of({{server, {{"username", login->username}, {"password", login->password}}}})));
    }
    auto connection = co_await c.connect();
    if (!connection) co_return connection.error();
    if (auto begun = co_await (*connection)->begin(request); !begun) co_return begun.error();
    for (;;) {
        const auto piece = next();
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        // An engine that has refused already reads no more: its answer says why.
        if (auto written = co_await (*connection)->write_piece(*piece); !written) break;
    }
    auto status = co_await (*connection)->finish();
    if (!status) co_return status.error();
    if (*status != 200) {
        auto body = co_await (*connection)->read_all(1UL << 20U);
        co_return cannot("build the image", {*status, body ? *body : ""});
    }
    std::string id;
    std::string why;
    auto read = co_await read_json_lines(**connection, [&](const json& j) {
        if (const auto text = j.find("stream"); text != j.end() && text->is_string()) {
            const auto& line = text->get_ref<const std::string&>();
            output(line);
            // Podman's last line is the id alone; Docker says it in `aux` too.
            constexpr std::string_view built = "Successfully built ";
            if (line.starts_with(built)) id = line.substr(built.size(), line.find('\n') - built.size());
        }
        if (const auto aux = j.find("aux"); aux != j.end() && aux->is_object()) id = aux->value("ID", id);
        if (const auto error = j.find("error"); error != j.end() && error->is_string())
            why = error->get<std::string>();
    });
    if (!read) co_return read.error();
    if (!why.empty()) co_return failure(errc::engine, "the image can't be built: " + why);
    co_return id;
}

}  // namespace latchkey::engine
