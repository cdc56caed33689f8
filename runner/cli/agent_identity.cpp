// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/agent_identity.hpp"

#include "runner/json/parse.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::cli {

namespace {

using nlohmann::json;

constexpr std::size_t largest = 64UL * 1024;

}  // namespace

result<std::string> read_small_file(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return failure(errno == ENOENT ? errc::not_found : errc::io,
                       "can't read " + file.string() + ": " + std::system_category().message(errno));
    struct stat facts{};
    std::string text(largest, '\0');
    const bool known = ::fstat(fd, &facts) == 0;
    const ssize_t n = known && S_ISREG(facts.st_mode) ? ::read(fd, text.data(), text.size()) : -1;
    ::close(fd);
    if (n < 0) return failure(errc::io, "can't read " + file.string() + ": it is no plain file");
    if ((facts.st_mode & 077U) != 0 || facts.st_uid != ::geteuid())
        return failure(errc::refused,
                       file.string() + " is open to others: make it yours, and run chmod 600 " + file.string());
    text.resize(static_cast<std::size_t>(n));
    return text;
}

result<agent_identity> read_identity(const std::filesystem::path& file) {
    auto text = read_small_file(file);
    if (!text) return text.error();
    const auto broken = [&] {
        return failure(errc::corrupt, file.string() + " is damaged: remove it, and let the agent come anew");
    };
    auto said = parse_json(*text);
    vault::wipe(*text);
    if (!said || !said->is_object()) return broken();
    agent_identity known;
    try {
        known.server = said->at("server").get<std::string>();
        known.number = said->at("number").get<std::int64_t>();
        known.name = said->at("name").get<std::string>();
        known.pool = said->at("pool").get<std::string>();
        std::string seed = said->at("seed").get<std::string>();
        vault::wipe(said->at("seed").get_ref<std::string&>());
        known.seed = vault::secret(std::move(seed));
    } catch (const json::exception&) {
        return broken();
    }
    return known;
}

std::string text_of(const agent_identity& a) {
    return json{{"server", a.server},
                {"number", a.number},
                {"name", a.name},
                {"pool", a.pool},
                {"seed", a.seed.reveal()}}
               .dump() +
           "\n";
}

}  // namespace latchkey::cli
