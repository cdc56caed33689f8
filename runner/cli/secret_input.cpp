// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/secret_input.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <istream>
#include <optional>
#include <ostream>
#include <sys/stat.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>

namespace latchkey::cli {

namespace {

constexpr std::size_t largest_secret = 1U << 20U;

// One place from the start: a string that grows would leave copies behind.
result<std::string> bytes_of(context& c, const std::string& path) {
    std::string bytes(largest_secret + 1, '\0');
    std::size_t size = 0;
    if (path == "-") {
        c.in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        size = static_cast<std::size_t>(c.in.gcount());
    } else {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : 1;
        while (n > 0 && size < bytes.size()) {
            n = ::read(fd, bytes.data() + size, bytes.size() - size);
            if (n > 0) size += static_cast<std::size_t>(n);
        }
        const int error = errno;
        if (fd >= 0) ::close(fd);
        if (n < 0) {
            vault::wipe(bytes);
            return failure(errc::not_found, "can't read " + path + ": " + std::system_category().message(error));
        }
    }
    if (size > largest_secret) {
        vault::wipe(bytes);
        return failure(errc::usage, path + " holds more than 1 MB: that is no secret");
    }
    bytes.resize(size);
    return bytes;
}

void drop_line_end(std::string& text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
}

// Signals that end us in mid-question: the terminal gets its echo back before they do.
constexpr std::array<int, 4> fatal_signals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
termios echo_of_before;  // for the handler, which can be given nothing

void echo_again_and_end(int signal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &echo_of_before);
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

// Echo is off while this lives, and on again whatever happens. Stopping (Ctrl-Z) waits: a shell would turn echo on.
class no_echo {
public:
    no_echo() : known_(::tcgetattr(STDIN_FILENO, &echo_of_before) == 0) {
        if (!known_) return;
        struct sigaction action{};
        action.sa_handler = echo_again_and_end;
        for (std::size_t i = 0; i < fatal_signals.size(); ++i) ::sigaction(fatal_signals[i], &action, &before_[i]);
        action.sa_handler = SIG_IGN;
        ::sigaction(SIGTSTP, &action, &stop_before_);
        termios quiet = echo_of_before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~no_echo() {
        if (!known_) return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &echo_of_before);
        for (std::size_t i = 0; i < fatal_signals.size(); ++i) ::sigaction(fatal_signals[i], &before_[i], nullptr);
        ::sigaction(SIGTSTP, &stop_before_, nullptr);
    }
    no_echo(const no_echo&) = delete;
    no_echo& operator=(const no_echo&) = delete;

private:
    std::array<struct sigaction, fatal_signals.size()> before_{};
    struct sigaction stop_before_{};
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
        return failure(errc::usage,
                       question +
                           " is needed, and nobody is there to ask: give it with --field NAME=@FILE, or =- for "
                           "standard input");
    std::string typed;
    typed.reserve(4096);  // so that growing leaves no copy behind
    {
        // Quiet before the question: what is typed at once must not be shown either.
        const no_echo quiet;
        c.out << question << ": " << std::flush;
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
    auto secrets = secrets_in(*bytes, path);
    vault::wipe(*bytes);
    return secrets;
}

// The lines before one that is `end`, joined; takes them all from `rest` and counts them.
static std::optional<vault::secret> lines_until(std::string_view end, std::string_view& rest, int& number) {
    std::string value;
    value.reserve(rest.size());  // a secret is not left behind by growing
    int seen = 0;
    for (std::string_view left = rest; !left.empty();) {
        ++seen;
        const std::size_t at = left.find('\n');
        std::string_view line = left.substr(0, at);
        left = at == std::string_view::npos ? std::string_view() : left.substr(at + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line == end) {
            rest = left;
            number += seen;
            return vault::secret(std::move(value));
        }
        if (seen > 1) value.push_back('\n');
        value.append(line);
    }
    vault::wipe(value);
    return std::nullopt;
}

result<std::map<std::string, vault::secret>> secrets_in(std::string_view text, const std::string& path) {
    std::map<std::string, vault::secret> secrets;
    int number = 0;
    for (std::string_view rest = text; !rest.empty();) {
        ++number;
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t equals = line.find('=');
        if (const std::size_t mark = line.find("<<"); mark != 0 && mark < equals) {
            auto value = lines_until(line.substr(mark + 2), rest, number);
            if (!value)
                return failure(errc::usage, path + ":" + std::to_string(number) +
                                                ": a value of several lines has no end: the word after << on a line "
                                                "of its own");
            secrets.insert_or_assign(std::string(line.substr(0, mark)), std::move(*value));
            continue;
        }
        // The line itself may be a secret: only its number is said.
        if (equals == 0 || equals == std::string_view::npos)
            return failure(errc::usage,
                           path + ":" + std::to_string(number) + ": not a line of the form KEY=value or KEY<<END");
        secrets.insert_or_assign(std::string(line.substr(0, equals)),
                                 vault::secret(std::string(line.substr(equals + 1))));
    }
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
