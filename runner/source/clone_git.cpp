// SPDX-License-Identifier: Apache-2.0
#include "runner/source/clone_git.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace latchkey::source {

namespace {

using words_t = std::vector<std::string>;

// Nothing of this machine's or user's configuration; a program that asks for a login gets none.
const words_t bare_environment = {"HOME=/nonexistent",    "XDG_CONFIG_HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
                                  "GIT_ATTR_NOSYSTEM=1",  "GIT_CONFIG_GLOBAL=/dev/null",  "GIT_NO_LAZY_FETCH=1",
                                  "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1"};

words_t own_command(const std::filesystem::path& clone) {
    return {"git", "--git-dir=" + clone.string(), "-c", "core.hooksPath=/dev/null",
            "-c",  "core.fsmonitor=false",        "-c", "gc.auto=0",
            "-c",  "maintenance.auto=false",      "-c", "fetch.unpackLimit=1",
            "-c",  "credential.helper=",          "-c", "http.lowSpeedLimit=500",
            "-c",  "http.lowSpeedTime=60"};
}

constexpr int login_at = 4;  // what git is given besides the lock, which is 3
constexpr int hosts_at = 5;

bool holds_line_end(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// A line of known_hosts begins with the host; a key alone begins with its kind.
std::string known_hosts_of(const std::string& keys) {
    std::string out;
    for (std::string_view rest = keys; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.empty()) continue;
        const bool alone = line.starts_with("ssh-") || line.starts_with("ecdsa-") || line.starts_with("sk-");
        out += (alone ? "* " : "") + std::string(line) + "\n";
    }
    return out;
}

result<exec::descriptor> learned_hosts(const std::filesystem::path& path) {
    exec::descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return failure(errc::io, "can't open " + path.string() + ", where keys of hosts are kept");
    return file;
}

std::string shell_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// Ssh closes what it inherits; the shell that waits for it keeps the files open.
std::string ssh_command(const remote_call& c) {
    const std::string ours = "/proc/$$/fd/";
    std::string ssh =
        "ssh -F none -T -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o ForwardAgent=no"
        " -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o LogLevel=ERROR"
        " -o GlobalKnownHostsFile=none -o UpdateHostKeys=no -o PermitLocalCommand=no -o ControlPath=none";
    ssh += c.login->key.empty() ? " -o PubkeyAuthentication=no" : " -i " + ours + std::to_string(login_at);
    ssh += std::string(" -o StrictHostKeyChecking=") + (c.login->host_keys.empty() ? "accept-new" : "yes");
    ssh += " -o UserKnownHostsFile=" + ours + std::to_string(hosts_at);
    if (!c.login->user.empty()) ssh += " -l " + shell_quoted(c.login->user);
    return "f() { " + ssh + " \"$@\"; r=$?; return $r; }; f";
}

const char* protocol_of(transport by) {
    switch (by) {
        case transport::https:
            return "https";
        case transport::http:
            return "http";
        case transport::ssh:
            return "ssh";
        case transport::local:
            break;
    }
    return "file";
}

struct delivery {
    words_t environment = bare_environment;
    words_t options;
    std::vector<exec::descriptor> files;
};

result<void> deliver_http(const remote_call& c, delivery& to) {
    const git_login& login = *c.login;
    const vault::secret& password = login.password.empty() ? c.address->password : login.password;
    if (password.empty()) return {};
    // What the wire shows everybody is no secret any more.
    if (c.address->by == transport::http && !is_loopback_host(c.address->host))
        return failure(errc::refused,
                       "a password does not go to " + c.address->host + " without TLS: write https:// there");
    std::string user = !login.user.empty() ? login.user : c.address->user;
    if (user.empty()) user = "x-access-token";
    if (holds_line_end(user) || holds_line_end(password.reveal()))
        return failure(errc::usage, "a user's name and a password can't hold line ends");
    std::string text = "username=" + user + "\npassword=" + std::string(password.reveal()) + "\n";
    auto file = memory_file(text);
    vault::wipe(text);
    if (!file) return file.error();
    to.files.push_back(std::move(*file));
    // For this server alone: a redirect to another is asked for a login, and gets none.
    to.options = {"-c", "credential." + c.address->server +
                            ".helper=!f() { test \"$1\" != get || cat /proc/self/fd/" + std::to_string(login_at) +
                            "; }; f"};
    return {};
}

result<void> deliver_ssh(const remote_call& c, delivery& to) {
    std::string key(c.login->key.reveal());
    if (!key.empty() && !key.ends_with('\n')) key += '\n';
    auto file = memory_file(key);
    vault::wipe(key);
    if (!file) return file.error();
    to.files.push_back(std::move(*file));
    auto hosts =
        c.login->host_keys.empty() ? learned_hosts(c.known_hosts) : memory_file(known_hosts_of(c.login->host_keys));
    if (!hosts) return hosts.error();
    to.files.push_back(std::move(*hosts));
    if (holds_line_end(c.login->user)) return failure(errc::usage, "a user's name can't hold line ends");
    to.environment.push_back("GIT_SSH_COMMAND=" + ssh_command(c));
    to.environment.emplace_back("GIT_SSH_VARIANT=ssh");
    return {};
}

// What a server says is shown to people: one line, without what a terminal would obey, and without what we sent.
std::string shown(std::string said, const remote_call& c) {
    for (const vault::secret* s : {&c.login->password, &c.address->password})
        for (std::size_t at = 0; s->size() >= 4 && (at = said.find(s->reveal(), at)) != std::string::npos; at += 3)
            said.replace(at, s->size(), "***");
    for (char& ch : said)
        if (static_cast<unsigned char>(ch) < ' ' || ch == '\x7f') ch = ' ';
    while (said.ends_with(' ')) said.pop_back();
    return said.substr(0, 500);
}

struct known_fault {
    std::string_view words;
    errc code;
    std::string_view sentence;
};

constexpr std::array<known_fault, 18> faults = {{
    {"[rejected]", errc::conflict, "the branch has moved meanwhile: try again"},
    {"cannot lock ref", errc::conflict, "the branch has moved meanwhile: try again"},
    {"failed to update ref", errc::conflict, "the branch has moved meanwhile: try again"},
    {"hook declined", errc::refused, "a hook or a rule of the server does not take the commit"},
    {"refusing to update checked out branch", errc::refused,
     "it has that branch checked out: only a bare repository is written to"},
    {"marked as read only", errc::denied, "the login may not write to it"},
    {"Host key verification failed", errc::refused, "the host's key is none of those that it may have"},
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", errc::refused, "the host's key is none of those that it may have"},
    {"File too large", errc::refused, "the repository is larger than it may be"},
    {"couldn't find remote ref", errc::not_found, "it has no such pull request"},
    {"Authentication failed", errc::denied, "the login is not taken: check the user and the password or token"},
    {"could not read Username", errc::denied, "it asks for a login: give a user and a password or token"},
    {"could not read Password", errc::denied, "it asks for a login: give a user and a password or token"},
    {"Permission denied (", errc::denied, "the login is not taken: check the user and the key"},
    {"Load key", errc::denied, "the key can't be used: give a private key without a passphrase"},
    {"returned error: 403", errc::denied, "the login may not do that there"},
    {"does not appear to be a git repository", errc::not_found, "there is no such repository"},
    {"not found", errc::not_found, "there is no such repository, or the login may not know of it"},
}};

failure what_failed(const remote_call& c, const std::string& errors) {
    const std::string begin = std::string("can't ") + c.doing + " " + c.address->url + ": ";
    for (const known_fault& f : faults)
        if (errors.find(f.words) != std::string::npos) return {f.code, begin + std::string(f.sentence)};
    return {errc::engine, begin + "git says: " + shown(errors, c)};
}

}  // namespace

result<exec::descriptor> memory_file(std::string_view bytes) {
    exec::descriptor file(::memfd_create("login", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    std::size_t written = 0;
    while (file.get() >= 0 && written < bytes.size()) {
        const ssize_t n = ::write(file.get(), bytes.data() + written, bytes.size() - written);
        if (n <= 0) break;
        written += static_cast<std::size_t>(n);
    }
    if (file.get() < 0 || written < bytes.size() || ::fchmod(file.get(), 0600) != 0)
        return failure(errc::io, "the login can't be handed to git: no file can be made in memory");
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return file;
}

result<exec::captured> look(const std::filesystem::path& clone, const words_t& words, std::size_t most_output) {
    exec::capture_request request;
    request.arguments = own_command(clone);
    request.arguments.insert(request.arguments.end(), words.begin(), words.end());
    request.directory = "/";
    request.environment = bare_environment;
    request.environment.emplace_back("GIT_ALLOW_PROTOCOL=none");
    request.most_output = most_output;
    return exec::capture(request);
}

result<exec::captured> work(const std::filesystem::path& clone, const words_t& words, const words_t& environment,
                            const std::vector<int>& files) {
    exec::capture_request request;
    request.arguments = own_command(clone);
    request.arguments.insert(request.arguments.end(), words.begin(), words.end());
    request.directory = "/";
    request.environment = bare_environment;
    request.environment.emplace_back("GIT_ALLOW_PROTOCOL=none");
    request.environment.insert(request.environment.end(), environment.begin(), environment.end());
    request.inherited = files;
    return exec::capture(request);
}

result<std::string> ask_remote(const remote_call& c, const words_t& words) {
    delivery d;
    d.environment.push_back(std::string("GIT_ALLOW_PROTOCOL=") + protocol_of(c.address->by));
    if (const char* trusted = std::getenv("SSL_CERT_FILE"); trusted != nullptr && *trusted != '\0')
        d.environment.push_back(std::string("GIT_SSL_CAINFO=") + trusted);
    result<void> ready;
    if (c.address->by == transport::ssh) ready = deliver_ssh(c, d);
    if (c.address->by == transport::http || c.address->by == transport::https) ready = deliver_http(c, d);
    if (!ready) return ready.error();

    exec::capture_request request;
    request.arguments = {"prlimit", "--core=0", "--fsize=" + std::to_string(c.most_bytes), "--",
                         // A write that is too much then fails, and git says so.
                         "env", "--ignore-signal=XFSZ"};
    const words_t git = own_command(c.clone);
    for (const words_t* part : {&git, static_cast<const words_t*>(&d.options), &words})
        request.arguments.insert(request.arguments.end(), part->begin(), part->end());
    request.directory = "/";
    request.environment = std::move(d.environment);
    request.inherited = {c.lock};
    for (const exec::descriptor& file : d.files) request.inherited.push_back(file.get());
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(c.end - std::chrono::steady_clock::now());
    request.stop = c.stop;
    request.limit = std::max(left, std::chrono::milliseconds(1));
    auto done = exec::capture(request);
    if (!done) {
        const bool late = std::chrono::steady_clock::now() >= c.end;
        return failure(errc::engine, std::string("can't ") + c.doing + " " + c.address->url + ": " +
                                         (late ? "it takes longer than it may" : done.error().what));
    }
    if (done->exit_code != 0) return what_failed(c, done->errors);
    return std::move(done->output);
}

}  // namespace latchkey::source
