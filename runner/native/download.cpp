// SPDX-License-Identifier: Apache-2.0
//
// DOWNLOAD, DOWNLOAD_SSH, DOWNLOAD_FTP, DOWNLOAD_FTPS: a file of another machine, or what a folder there holds, to a
// folder of the workspace. Links there are passed over. Whatever names the server sends, nothing is written
// elsewhere.
#include "runner/native/listing.hpp"
#include "runner/native/new_file.hpp"
#include "runner/native/transfer.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <ostream>
#include <utility>

namespace latchkey::native {

namespace {

constexpr std::size_t longest_listing = 16UL << 20U;
constexpr std::size_t deepest = 64;
constexpr std::size_t most_files = 200'000;

std::size_t take_listing(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& text = *static_cast<std::string*>(into);
    if (text.size() + size > longest_listing) return 0;
    text.append(bytes, size);
    return size;
}

std::size_t take_nothing(char*, std::size_t, std::size_t size, void*) {
    return size;
}

std::size_t take_file(char* bytes, std::size_t, std::size_t size, void* into) {
    return static_cast<new_file*>(into)->write({bytes, size}) ? size : 0;
}

long note_entry(const void* info, void* into, int) {
    const auto& facts = *static_cast<const curl_fileinfo*>(info);
    auto& all = *static_cast<std::vector<remote_entry>*>(into);
    const std::string name = facts.filename;
    if (all.size() >= most_files) return CURL_CHUNK_BGN_FUNC_FAIL;
    if (name != "." && name != "..")
        all.push_back({name, facts.filetype == CURLFILETYPE_FILE        ? remote_kind::file
                             : facts.filetype == CURLFILETYPE_DIRECTORY ? remote_kind::folder
                                                                        : remote_kind::other});
    return CURL_CHUNK_BGN_FUNC_SKIP;
}

// For the log: what a server names may hold anything.
std::string printable(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return text;
}

class download_work {
public:
    download_work(const action& a, transfer& from, bool ssh, std::filesystem::path root, std::ostream& out)
        : from_(from),
          ssh_(ssh),
          root_(std::move(root)),
          out_(out),
          excludes_(a.list("download_excludes")),
          includes_(a.list("download_includes")),
          overwrite_(a.flag("overwrite")),
          recursive_(a.flag("recursive")) {}

    result<void> run(const std::string& source) {
        auto listed = source.empty() ? list("") : list(source.ends_with('/') ? source : source + "/");
        if (listed) {
            if (auto done = folder(source.empty() || source.ends_with('/') ? source : source + "/", "", *listed, 0);
                !done)
                return done;
        } else {
            const std::string name = source.substr(source.rfind('/') + 1);
            if (name.empty()) return failure(errc::io, "can't list " + source + ": " + listed.error().what);
            if (auto done = file(source, name); !done) return done;
        }
        out_ << count_ << (count_ == 1 ? " file" : " files") << " downloaded\n";
        return {};
    }

private:
    // What the folder holds, whose path ends with a slash.
    result<std::vector<remote_entry>> list(const std::string& path) {
        if (!ssh_) return list_ftp(path);
        std::string names;
        std::string lines;
        for (const auto& [text, names_alone] : {std::pair(&names, 1L), std::pair(&lines, 0L)}) {
            set(from_.curl(), CURLOPT_DIRLISTONLY, names_alone);
            set(from_.curl(), CURLOPT_URL, from_.url_of(path).c_str());
            set(from_.curl(), CURLOPT_WRITEFUNCTION, take_listing);
            set(from_.curl(), CURLOPT_WRITEDATA, text);
            if (auto done = perform(from_.curl()); !done) return done.error();
        }
        return read_listing(names, lines);
    }

    // libcurl itself reads the forms of lists that FTP servers have. By a handle, so a connection, of its own: after
    // a list that fails the other would not be where libcurl takes it to be.
    result<std::vector<remote_entry>> list_ftp(const std::string& path) {
        const curl_handle c(curl_easy_duphandle(from_.curl().get()));
        if (!c) return failure(errc::io, "libcurl can't be used");
        std::vector<remote_entry> all;
        set(c, CURLOPT_WILDCARDMATCH, 1L);
        set(c, CURLOPT_CHUNK_BGN_FUNCTION, note_entry);
        set(c, CURLOPT_CHUNK_DATA, &all);
        set(c, CURLOPT_WRITEFUNCTION, take_nothing);
        set(c, CURLOPT_URL, (from_.url_of(path) + "*").c_str());
        const CURLcode code = curl_easy_perform(c.get());
        if (code == CURLE_OK || (code == CURLE_REMOTE_FILE_NOT_FOUND && all.empty())) return all;
        return failure(errc::io, curl_easy_strerror(code));
    }

    result<void> folder(const std::string& there, const std::string& here, const std::vector<remote_entry>& entries,
                        std::size_t depth) {
        if (depth > deepest) return failure(errc::io, "the folders there are nested too deeply");
        for (const remote_entry& entry : entries) {
            if (is_git_name(entry.name)) {
                out_ << here << entry.name << ": passed over\n";
                continue;
            }
            if (!is_safe_name(entry.name))
                return failure(errc::refused, "the server names a file \"" + printable(entry.name) +
                                                  "\", which has no place in the workspace: leave it out there");
            const std::string path = here + entry.name;
            if (named_by(excludes_, path) && !named_by(includes_, path) && entry.kind != remote_kind::folder)
                continue;
            if (entry.kind == remote_kind::other) {
                out_ << path << ": a link, passed over\n";
            } else if (entry.kind == remote_kind::file) {
                if (auto done = file(there + entry.name, path); !done) return done;
            } else if (recursive_) {
                const std::string below = there + entry.name + "/";
                auto listed = list(below);
                if (!listed) return failure(errc::io, "can't list " + path + ": " + listed.error().what);
                if (auto done = folder(below, path + "/", *listed, depth + 1); !done) return done;
            }
        }
        return {};
    }

    result<void> file(const std::string& there, const std::string& here) {
        if (++count_ > most_files) return failure(errc::io, "the folder there holds too many files");
        auto made = new_file::create(root_, here);
        if (!made) return made.error();
        if (made->is_there() && !overwrite_) {
            out_ << here << ": is there already, kept as it is\n";
            --count_;
            return {};
        }
        const curl_handle& c = from_.curl();
        set(c, CURLOPT_DIRLISTONLY, 0L);
        set(c, CURLOPT_URL, from_.url_of(there).c_str());
        set(c, CURLOPT_WRITEFUNCTION, take_file);
        set(c, CURLOPT_WRITEDATA, &*made);
        if (auto done = perform(c); !done)
            return failure(errc::io, "can't download " + here + ": " + done.error().what);
        if (auto kept = made->keep(overwrite_); !kept) return kept.error();
        out_ << here << "\n";
        return {};
    }

    transfer& from_;
    bool ssh_;
    std::filesystem::path root_;
    std::ostream& out_;
    std::vector<std::string> excludes_;
    std::vector<std::string> includes_;
    bool overwrite_;
    bool recursive_;
    std::size_t count_ = 0;
};

// A target says its protocol; the older types are named for theirs.
std::string protocol_type(const action& a, const host_login& login) {
    const std::string type = a.text("type");
    if (type == "DOWNLOAD") return login.type == "FTP" && login.secure ? "FTPS" : login.type;
    return type == "DOWNLOAD_SSH" ? "SSH" : type == "DOWNLOAD_FTP" ? "FTP" : "FTPS";
}

int fail(std::ostream& out, const failure& f) {
    out << f.what << "\n";
    return f.code == errc::invalid ? 2 : 1;
}

}  // namespace

int download(const action& a, std::ostream& out) {
    const auto logins = logins_of(a);
    if (!logins) return fail(out, logins.error());
    const auto root = in_workspace(a, a.text("destination_path"));
    if (!root) return fail(out, root.error());
    for (const host_login& login : *logins) {
        const std::string type = protocol_type(a, login);
        const auto protocol = file_protocol_of(type);
        if (!protocol)
            return fail(out, {errc::invalid, "files can't be downloaded from a target of the type " +
                                                 (type.empty() ? "(none)" : type) + " here: SSH and FTP are known"});
        auto from = transfer::open(a, login, *protocol);
        if (!from) return fail(out, from.error());
        out << "from " << login.host << "\n" << std::flush;
        const std::string source = a.text("source_path").empty() ? login.path : a.text("source_path");
        download_work work(a, *from, *protocol == file_protocol::sftp, *root, out);
        if (auto done = work.run(source); !done) return fail(out, done.error());
    }
    return 0;
}

}  // namespace latchkey::native
