// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/server_config.hpp"

#include "pipelines/characters.hpp"
#include "pipelines/diagnostic.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace latchkey::cli {

namespace {

constexpr std::size_t largest_config = 256UL * 1024;

failure at(const std::string& file, const toml::source_position& place, const std::string& what) {
    return {errc::usage, file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + what};
}

// A value as it would be typed on the command line; nothing where it is none.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string(); text != nullptr) return text->get();
    if (const auto* number = node.as_integer(); number != nullptr) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean(); flag != nullptr) return flag->get() ? "true" : "false";
    return std::nullopt;
}

}  // namespace

result<std::map<std::string, setting>> settings_in(std::string_view text, const std::string& file,
                                                   const std::vector<std::string_view>& known) {
    if (text.size() > largest_config) return failure(errc::usage, file + " is larger than 256 KiB");
    const toml::parse_result parsed = toml::parse(text);
    if (parsed.failed())
        return at(file, parsed.error().source().begin,
                  "this is no TOML: " + std::string(parsed.error().description()));
    std::map<std::string, setting> found;
    for (const auto& [key, node] : parsed.table()) {
        const std::string name(key.str());
        if (std::ranges::find(known, name) == known.end()) {
            const std::string_view near = pipelines::nearest(name, known);
            return at(file, key.source().begin,
                      "there is no setting \"" + pipelines::plain(name) + "\"" +
                          (near.empty() ? "" : ": did you mean \"" + std::string(near) + "\"?"));
        }
        auto value = text_of(node);
        if (!value || value->find('\0') != std::string::npos)
            return at(file, key.source().begin, "\"" + name + "\" has one plain value, as in " + name + " = \"…\"");
        found[name] = {std::move(*value), file + ":" + std::to_string(key.source().begin.line)};
    }
    return found;
}

result<std::string> read_config_file(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failure(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io,
                       "can't read " + file.string() + ": " + std::system_category().message(errno));
    struct stat facts{};
    std::string text(largest_config + 1, '\0');
    const bool known = ::fstat(fd, &facts) == 0;
    const ssize_t n = known && S_ISREG(facts.st_mode) ? ::read(fd, text.data(), text.size()) : -1;
    ::close(fd);
    if (n < 0) return failure(errc::io, "can't read " + file.string() + ": it is no plain file");
    if ((facts.st_mode & 022U) != 0 || (facts.st_uid != ::geteuid() && facts.st_uid != 0))
        return failure(errc::refused,
                       "others may write " + file.string() + ": make it yours, and run chmod go-w " + file.string());
    text.resize(static_cast<std::size_t>(n));
    return text;
}

std::string quoted_for_config(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20 || byte == 0x7f) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace latchkey::cli
