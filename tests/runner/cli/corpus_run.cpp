// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/cli/corpus_run.hpp"

#include "pipelines/catalogue.hpp"
#include "tests/runner/cli/corpus_needs.hpp"
#include "tests/support/golden.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <net/if.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto corpus_image = "localhost/latchkey-corpus:1";

// The first shell of an action says which variables it was handed; any other is only a shell.
std::string shell_that_records(const std::string& real) {
    return "#!/bin/busybox sh\n"
           "case $* in\n"
           "*' . /run/latchkey/script '*)\n"
           "    for label do :; done\n"
           "    names=$(/bin/busybox env | /bin/busybox sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p' | "
           "/bin/busybox tr '\\n' ' ')\n"
           "    echo \"@shell|$label|$names\" ;;\n"
           "esac\n"
           "unset names label\n"
           "exec " +
           real + " \"$@\"\n";
}

// To the log whatever its output goes to: what a script computes from it stays empty.
constexpr auto program_that_records =
    "#!/bin/busybox sh\n"
    "echo \"@ran|${0##*/}\" >/proc/1/fd/1 2>/dev/null\n"
    "exit 0\n";

// What only reads and prints is what it always is.
const std::set<std::string> real_programs = {
    "[",    "basename", "cat",  "cut",    "date",   "dirname", "echo", "egrep", "env",    "expr", "false",
    "grep", "head",     "ls",   "printf", "pwd",    "sed",     "seq",  "sh",    "sort",   "tail", "test",
    "tr",   "true",     "uniq", "wc",     "whoami", "bash",    "awk",  "tee",   "busybox"};

void write_program(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    write_file(path, text);
    fs::permissions(path, fs::perms(0755));
}

void must(const said& s, const std::string& what) {
    if (s.code != 0) throw std::runtime_error(what + " ended with " + std::to_string(s.code) + ": " + s.out);
}

void make_repository(const session& s, const repository_needs& n) {
    for (const fs::path& folder : n.folders) {
        fs::create_directories(s.project() / folder);
        write_file(s.project() / folder / ".keep", "");
    }
    for (const fs::path& script : n.scripts)
        if (!fs::exists(s.project() / script)) write_program(s.project() / script, program_that_records);
    for (const fs::path& file : n.dockerfiles)
        if (!file.empty()) write_file(s.project() / file, "FROM " + std::string(test_image) + "\nLABEL of=corpus\n");
}

std::string last_line(const std::string& text) {
    std::string line, last;
    for (std::istringstream in(text); std::getline(in, line);)
        if (!line.empty()) last = line;
    return last;
}

// The type that an action's integration has, for any that the catalogue lets it take.
std::string type_for(const pipelines::action& a) {
    const pipelines::action_type* type = pipelines::find_action_type(a.type.value);
    return type == nullptr || type->integration_types.empty() ? "DOCKER_HUB" : type->integration_types.front();
}

// What is waited for: the first choice, or a word.
std::vector<std::string> answers_to(const pipelines::action& a) {
    std::vector<std::string> words;
    for (const pipelines::variable& v : a.variables) {
        const std::string first = v.defaults.substr(0, v.defaults.find('\n'));
        words.insert(words.end(), {"--var", v.key.value + "=" + (first.empty() ? "answered" : first)});
    }
    return words;
}

// Which of the file's actions each action of the plan is: loops repeat one.
std::vector<std::size_t> sources_of(const json& planned, const pipelines::pipeline& p) {
    std::vector<std::size_t> all;
    std::size_t at = 0;
    for (const json& name : planned) {
        const std::string text = name;
        const auto is = [&](std::size_t i) { return text.starts_with(p.actions[i].name.value); };
        const bool same =
            at < p.actions.size() && is(at) && (all.empty() || all.back() != at || !p.actions[at].loop.empty());
        if (!same && at + 1 < p.actions.size()) ++at;
        all.push_back(at);
    }
    return all;
}

}  // namespace

void leave_the_network() {
    if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("no network namespace can be made");
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    std::string_view("lo").copy(loopback.ifr_name, 2);
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool up = ::ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    ::close(fd);
    if (!up) throw std::runtime_error("the loopback of the network namespace can't be started");
}

corpus_world::corpus_world(const test_engine& e, const std::vector<const pipelines::document*>& all)
    : engine_(e),
      sink_("runner/native/servers/http_sink.py"),
      ftp_("runner/native/servers/ftp_server.py"),
      values_({{"FTP_HOST", "127.0.0.1"},
               {"FTP_PORT", ftp_.port()},
               {"FTP_USERNAME", "ana"},
               {"FTP_PASSWORD", "pass word"}}) {
    const fs::path root = overlay_.path();
    write_program(root / "bin/bash", shell_that_records("/bin/real-bash"));
    write_program(root / "bin/sh", shell_that_records("/bin/busybox sh"));
    image_needs needs;
    for (const pipelines::document* d : all) add_needs(*d, needs);
    std::set<std::string>& names = needs.programs;
    for (const fs::path& folder : needs.folders) fs::create_directories(root / folder.relative_path());
    // Those of the image that could reach or change something.
    names.insert({"wget", "nc", "ping", "telnet", "sleep", "rm", "mv", "cp", "ln", "mkdir", "chmod", "chown"});
    write_program(root / "usr/local/bin/.recorder", program_that_records);
    for (const std::string& name : names)
        if (!real_programs.contains(name)) recorded_.insert(name);
    for (const std::string& name : recorded_) fs::create_symlink(".recorder", root / "usr/local/bin" / name);
    import_image(engine_.socket, corpus_image, root.string());
}

std::string corpus_world::value_of(const std::string& variable, const std::string& usual) const {
    const auto at = values_.find(variable);
    return at == values_.end() ? usual : at->second;
}

std::vector<ran_pipeline> corpus_world::run(const fs::path& file, const pipelines::document& d,
                                            const std::string& project, const std::vector<fs::path>& siblings) {
    session s(project);
    s.set("DOCKER_HOST", "unix://" + engine_.socket);
    fs::create_directory(s.project() / ".buddy");
    const std::string name = ".buddy/" + file.filename().string();
    must(s.program({"/usr/bin/git", "init", "-q", "-b", "main"}), "git init");
    s.write("README", "made for a test\n");
    const auto commit = [&s](const char* comment) {
        must(s.program({"/usr/bin/git", "add", "-A"}), "git add");
        must(s.program({"/usr/bin/git", "-c", "user.name=Ana", "-c", "user.email=ana@acme.test", "commit", "-q", "-m",
                        comment}),
             "git commit");
    };
    commit("Begin");
    for (const pipelines::pipeline& p : d.pipelines) make_repository(s, repository_of(p));
    for (const fs::path& each : siblings) s.write(".buddy/" + each.filename().string(), read_file(each));
    commit("Add everything");
    const std::string text = read_file(file);
    std::vector<ran_pipeline> all;
    std::set<std::string> added;
    for (const fs::path& each : siblings) {
        const pipelines::source other(each.filename().string(), read_file(each));
        for (const pipelines::pipeline& p : pipelines::parse(other).model.pipelines)
            (void)s.latchkey(
                {"plan", p.id.value, "-f", ".buddy/" + each.filename().string()});  // it is known from now on
    }
    for (const pipelines::pipeline& p : d.pipelines) {
        add_integrations(s, name, p, added);
        all.push_back(run_one(s, name, text, p));
    }
    return all;
}

void corpus_world::add_integrations(const session& s, const std::string& file, const pipelines::pipeline& p,
                                    std::set<std::string>& added) const {
    for (const pipelines::action& a : p.actions)
        for (const pipelines::integration_reference& r : a.integrations) {
            const std::string type = type_for(a);
            const bool named = r.form == pipelines::reference_form::identifier;
            const std::string identifier = named ? r.value : "i-" + r.value;
            if (added.insert(r.value).second) {
                // A number or a hash comes from the server that gave it: the store is told to give the same.
                if (r.form == pipelines::reference_form::number)
                    must(s.program({"/usr/bin/python3", "-c",
                                    "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1])\n"
                                    "d.execute(\"DELETE FROM sqlite_sequence WHERE name = 'integrations'\")\n"
                                    "d.execute(\"INSERT INTO sqlite_sequence VALUES ('integrations', ?)\", "
                                    "(int(sys.argv[2]) - 1,))\n"
                                    "d.commit()",
                                    (s.data() / "latchkey/latchkey.db").string(), r.value}),
                         "giving an integration its number");
                std::vector<std::string> words = {"integration", "add",          r.value,   "--type",
                                                  type,          "--identifier", identifier};
                for (const pipelines::credential_field& f : pipelines::find_integration_type(type)->fields) {
                    const bool address = f.name == "webhook_address";
                    const std::string value =
                        address ? "http://127.0.0.1:" + sink_.port() + "/hook" : "credential-" + f.name;
                    if (f.secret) s.write(".git/" + f.name, value);
                    words.insert(words.end(), {"--field", f.name + "=" + (f.secret ? "@.git/" + f.name : value)});
                }
                must(s.latchkey(words), "adding the integration " + r.value);
                if (r.form == pipelines::reference_form::hash)
                    must(s.program({"/usr/bin/python3", "-c",
                                    "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1])\n"
                                    "d.execute('UPDATE integrations SET hash_id = ? WHERE identifier = ?', "
                                    "sys.argv[2:4])\nd.commit()",
                                    (s.data() / "latchkey/latchkey.db").string(), r.value, identifier}),
                         "giving an integration its hash");
            }
            if (added.insert(p.id.value + "\n" + r.value).second)
                must(s.latchkey({"grant", identifier, "--pipeline", p.id.value, "-f", file}), "granting " + r.value);
        }
}

ran_pipeline corpus_world::run_one(const session& s, const std::string& file, const std::string& text,
                                   const pipelines::pipeline& p) {
    ran_pipeline done;
    done.name = p.id.value;
    std::vector<std::string> words = {
        "run",    p.id.value, "-f",           file,          "--json",
        "--jobs", "2",        "--no-network", "--image-for", "*=" + std::string(corpus_image)};
    std::string secrets;
    for (const std::string& name : encrypted_variables(p))
        secrets += name + "=" + value_of(name, "supplied-for-" + name) + "\n";
    if (!secrets.empty()) {
        s.write(".git/supplied", secrets);
        fs::permissions(s.project() / ".git/supplied", fs::perms(0600));
        words.insert(words.end(), {"--secret-file", ".git/supplied"});
    }
    for (const std::string& name : unset_variables(p, text))
        words.insert(words.end(), {"--var", name + "=" + value_of(name, "value-of-" + name)});
    std::vector<std::size_t> sources;
    std::string number;
    std::map<int, ran_action> actions;
    const auto on_line = [&](const std::string& line) {
        const json j = json::parse(line, nullptr, false);
        if (!j.is_object()) return;
        const std::string kind = j.value("kind", "");
        if (kind == "run") {
            number = std::to_string(j["number"].get<std::int64_t>());
            sources = sources_of(j["actions"], p);
        }
        if (kind == "outcome") {
            done.outcome = j["outcome"];
            done.why = j.value("error_message", "");
        }
        if (kind == "attempt_ended" && done.why.empty()) done.why = j.value("text", "");
        if (!j.contains("action")) return;
        const int index = j["action"];
        ran_action& a = actions[index];
        a.name = j.value("name", "");
        a.of_file = static_cast<std::size_t>(index) < sources.size() ? sources[static_cast<std::size_t>(index)] : 0;
        if (kind == "action_started") a.started = j["sequence"];
        if (kind == "action_ended") {
            a.ended = j["sequence"];
            a.status = j.value("status", "");
            a.text = j.value("text", "");
        }
        if (kind == "variable_passed")
            done.passed.insert(j.value("text", "").substr(0, j.value("text", "").find('=')));
        if (kind == "waiting") {
            std::vector<std::string> answer = {"approve", number, a.name};
            for (const std::string& word : answers_to(p.actions[a.of_file])) answer.push_back(word);
            must(s.latchkey(answer), "answering " + a.name);
        }
    };
    const said run = s.watch(words, on_line);
    done.code = run.code;
    if (done.outcome.empty() || (run.code != 0 && done.why.empty())) done.why = last_line(run.out);
    if (number.empty()) return done;

    std::map<std::string, ran_action*> by_name;
    for (auto& [index, a] : actions) by_name.emplace(a.name, &a);
    ran_action* in = nullptr;
    ran_action* of = nullptr;
    std::istringstream log(s.latchkey({"logs", number}).out);
    for (std::string line; std::getline(log, line);) {
        if (const std::size_t at = line.find("@shell|"); at != std::string::npos) {
            const std::size_t end = line.rfind('|');
            const auto found = by_name.find(line.substr(at + 7, end - at - 7));
            in = found == by_name.end() ? nullptr : found->second;
            if (in == nullptr) continue;
            in->in_shell = true;
            std::istringstream names(line.substr(end + 1));
            for (std::string name; names >> name;) in->environment.insert(name);
        } else if (const std::size_t ran = line.find("@ran|"); ran != std::string::npos && in != nullptr) {
            in->programs.push_back(line.substr(ran + 5));
        } else if (line.starts_with("── ")) {
            const auto found = by_name.find(line.substr(std::string_view("── ").size()));
            of = found == by_name.end() ? nullptr : found->second;
        } else if (!line.empty() && of != nullptr) {
            of->last_line = line;
        }
    }
    for (auto& [index, a] : actions) done.actions.push_back(std::move(a));
    return done;
}

}  // namespace latchkey::test
