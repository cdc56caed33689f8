// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/secret_input.hpp"

#include <cerrno>
#include <fcntl.h>
#include <istream>
#include <iterator>
#include <ostream>
#include <sys/stat.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>

namespace latchkey::cli {

namespace {

constexpr std::size_t largest_secret = 1U << 20U;

result<std::string> bytes_of(context& c, const std::string& path) {
    std::string bytes;
    if (path == "-") {
        bytes.assign(std::istreambuf_iterator<char>(c.in), {});
    } else {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return failure(errc::not_found, "can't read " + path + ": " + std::system_category().message(errno));
        char buffer[4096];
        for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0 && bytes.size() <= largest_secret;)
            bytes.append(buffer, static_cast<std::size_t>(n));
        ::close(fd);
    }
    if (bytes.size() > largest_secret) {
        vault::wipe(bytes);
        return failure(errc::usage, path + " holds more than 1 MB: that is no secret");
    }
    return bytes;
}

void drop_line_end(std::string& text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
}

// Echo is off while this lives.
class no_echo {
public:
    no_echo() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!known_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~no_echo() {
        if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    no_echo(const no_echo&) = delete;
    no_echo& operator=(const no_echo&) = delete;

private:
    termios before_{};
    bool known_;
};

}  // namespace

result<vault::secret> secret_from(context& c, const std::string& source) {
    if (source != "-" && !source.starts_with('@'))
        return failure(errc::usage,
                       "a secret is not taken from the command line, where others can read it: give @FILE, or - for "
                       "standard input");
    auto bytes = bytes_of(c, source == "-" ? source : source.substr(1));
    if (!bytes) return bytes.error();
    drop_line_end(*bytes);
    if (bytes->empty())
        return failure(errc::usage, "there is no secret in " + (source == "-" ? "standard input" : source.substr(1)));
    return vault::secret(std::move(*bytes));
}

result<vault::secret> ask_secret(context& c, const std::string& question) {
    if (!c.interactive)
        return failure(errc::usage, question + " is needed, and nobody is there to ask: give it with --field");
    c.out << question << ": " << std::flush;
    std::string typed;
    {
        const no_echo quiet;
        std::getline(c.in, typed);
    }
    if (typed.empty()) return failure(errc::usage, "nothing was typed");
    return vault::secret(std::move(typed));
}

result<std::map<std::string, vault::secret>> read_secret_file(context& c, const std::string& path) {
    if (path != "-") {
        struct stat facts{};
        if (::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 077U) != 0)
            return failure(errc::refused, "others can read " + path + ": chmod 600 " + path);
    }
    auto bytes = bytes_of(c, path);
    if (!bytes) return bytes.error();
    std::map<std::string, vault::secret> secrets;
    std::optional<failure> wrong;
    int number = 0;
    for (std::string_view rest = *bytes; !rest.empty() && !wrong;) {
        ++number;
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t equals = line.find('=');
        // The line itself may be a secret: only its number is said.
        if (equals == 0 || equals == std::string_view::npos)
            wrong = failure(errc::usage, path + ":" + std::to_string(number) + ": not a line of the form KEY=value");
        else
            secrets.insert_or_assign(std::string(line.substr(0, equals)),
                                     vault::secret(std::string(line.substr(equals + 1))));
    }
    vault::wipe(*bytes);
    if (wrong) return *wrong;
    return secrets;
}

bool ask_yes(context& c, const std::string& question) {
    if (!c.interactive) return false;
    c.out << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(c.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace latchkey::cli
