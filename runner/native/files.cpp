// SPDX-License-Identifier: Apache-2.0
//
// ZIP and REPLACE: what they make appears whole or not at all.
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fstream>
#include <memory>
#include <ostream>
#include <sstream>
#include <sys/stat.h>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t zip_piece = 256UL * 1024;

result<void> add_file(archive* zip, const fs::path& file, const std::string& name) {
    std::ifstream in(file, std::ios::binary);
    struct stat facts{};
    if (!in || ::stat(file.c_str(), &facts) != 0) return failure(errc::io, "can't read " + name);
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), facts.st_mode & 0777U);
    archive_entry_set_mtime(entry.get(), facts.st_mtime, 0);
    archive_entry_set_size(entry.get(), facts.st_size);
    if (archive_write_header(zip, entry.get()) != ARCHIVE_OK)
        return failure(errc::io, "can't zip " + name + ": " + archive_error_string(zip));
    std::string piece(zip_piece, '\0');
    la_ssize_t left = facts.st_size;
    while (left > 0) {
        in.read(piece.data(), std::min<std::streamsize>(left, static_cast<std::streamsize>(piece.size())));
        const auto n = in.gcount();
        if (n <= 0) return failure(errc::io, name + " became shorter while it was read");
        if (archive_write_data(zip, piece.data(), static_cast<std::size_t>(n)) != n)
            return failure(errc::io, "can't zip " + name + ": " + archive_error_string(zip));
        left -= n;
    }
    return {};
}

result<void> make_zip(const fs::path& to, const workspace_files& files, const fs::path& not_itself) {
    const std::unique_ptr<archive, int (*)(archive*)> zip(archive_write_new(), archive_write_free);
    archive_write_set_format_zip(zip.get());
    if (archive_write_open_filename(zip.get(), to.c_str()) != ARCHIVE_OK)
        return failure(errc::io, archive_error_string(zip.get()));
    for (const std::string& name : files.names) {
        const fs::path file = files.root / name;
        if (file == to || file == not_itself) continue;
        if (auto added = add_file(zip.get(), file, name); !added) return added;
    }
    if (archive_write_close(zip.get()) != ARCHIVE_OK) return failure(errc::io, archive_error_string(zip.get()));
    return {};
}

// The number of places; what replaces is not searched again.
std::size_t replace_in(std::string& text, const std::string& from, const std::string& to) {
    std::size_t count = 0;
    std::string out;
    std::size_t at = 0;
    for (std::size_t next; (next = text.find(from, at)) != std::string::npos; at = next + from.size(), ++count)
        out.append(text, at, next - at).append(to);
    if (count > 0) text = out.append(text, at);
    return count;
}

bool write_beside(const fs::path& file, const std::string& bytes) {
    const fs::path beside = file.string() + ".latchkey";
    std::error_code ec;
    const fs::perms mode = fs::status(file, ec).permissions();
    {
        std::ofstream out(beside, std::ios::binary | std::ios::trunc);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!out.flush()) ec = std::make_error_code(std::errc::io_error);
    }
    if (!ec) fs::permissions(beside, mode, ec);
    if (!ec) fs::rename(beside, file, ec);
    const bool good = !ec;
    if (!good) fs::remove(beside, ec);
    return good;
}

}  // namespace

int zip(const action& a, std::ostream& out) {
    const auto files = files_of(a);
    const auto to = in_workspace(a, a.text("destination"));
    if (!files || !to) {
        out << (files ? to.error().what : files.error().what) << "\n";
        return 2;
    }
    std::error_code ec;
    const fs::path file = fs::is_directory(*to, ec) ? *to / "archive.zip" : *to;
    const fs::path beside = file.string() + ".latchkey";
    fs::create_directories(file.parent_path(), ec);
    auto made = make_zip(beside, *files, file);
    if (made) fs::rename(beside, file, ec);
    if (!made || ec) {
        out << (made ? ec.message() : made.error().what) << "\n";
        fs::remove(beside, ec);
        return 1;
    }
    out << files->names.size() << (files->names.size() == 1 ? " file" : " files") << " in " << a.text("destination")
        << "\n";
    return 0;
}

int replace(const action& a, std::ostream& out) {
    const auto files = files_of(a);
    const auto replacements = a.maps("replacements");
    if (!files || replacements.empty()) {
        out << (files ? "`replacements` is missing: a list of replace_from and replace_to" : files.error().what)
            << "\n";
        return 2;
    }
    for (const auto& r : replacements)
        if (!r.contains("replace_from") || r.at("replace_from").empty() || !r.contains("replace_to")) {
            out << "each of `replacements` needs replace_from, which is not empty, and replace_to\n";
            return 2;
        }
    std::size_t places = 0;
    for (const std::string& name : files->names) {
        std::ifstream in(files->root / name, std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        std::string bytes = std::move(text).str();
        std::size_t here = 0;
        for (const auto& r : replacements) here += replace_in(bytes, r.at("replace_from"), r.at("replace_to"));
        if (here == 0) continue;
        if (in.bad() || !write_beside(files->root / name, bytes)) {
            out << "can't write " << name << "\n";
            return 1;
        }
        out << name << ": " << here << (here == 1 ? " place" : " places") << "\n";
        places += here;
    }
    if (places == 0) out << "nothing to replace was found\n";
    return 0;
}

}  // namespace latchkey::native
