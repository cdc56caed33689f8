// SPDX-License-Identifier: Apache-2.0
//
// latchkey key rotate: of this machine's own store, or of a server's, which may serve meanwhile.
#include "runner/cli/commands.hpp"
#include "runner/cli/private_files.hpp"
#include "runner/cli/server_settings.hpp"
#include "runner/store/postgres_store.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/master_key.hpp"

#include <cstdio>
#include <ostream>

namespace latchkey::cli {

namespace {

// The folder that has the key, and the store that it opens.
struct key_place {
    std::filesystem::path data;
    std::unique_ptr<store::store> store;
};

result<key_place> place_of_key(context& c, const key_args& args) {
    key_place place;
    std::filesystem::path file;
    std::string url;
    if (args.given.empty()) {
        auto data = c.data_folder();
        if (!data) return data.error();
        place.data = *data;
        file = *data / "latchkey.db";
    } else {
        const auto all = gather_settings(c, args.given);
        if (!all) return all.error();
        const auto options = read_settings(*all);
        if (!options) return options.error();
        place.data = options->data;
        file = options->store_file;
        url = options->store_url;
        std::error_code ec;
        if (!file.empty() && !std::filesystem::exists(file, ec))
            return failure(errc::usage, "there is no store at " + file.string() + ": name the server's folder");
    }
    auto opened =
        file.empty() ? store::open_postgres(url) : store::open_sqlite(file, {.level = store::durability::full});
    if (!opened) return opened.error();
    place.store = std::move(*opened);
    return place;
}

}  // namespace

int key_rotate_command(context& c, const key_args& args) {
    // Rotation in one step that neither a crash nor a power failure can spoil: the new key lies beside the old one
    // until the store has switched, on the disk, and the old one until the new one has opened it.
    auto place = place_of_key(c, args);
    if (!place) return c.fail(place.error());
    const std::filesystem::path& data = place->data;
    store::store& durable = *place->store;
    auto user = durable.local_owner();
    if (!user) return c.fail(user.error());
    auto keys = durable.keys();
    if (!keys) return c.fail(keys.error());
    if (keys->empty()) return c.usage("there is no key to rotate yet");
    const std::filesystem::path file = data / "master.key";
    const std::filesystem::path next = data / "master.key.next";
    auto old = vault::load_master_key(file, false);
    if (!old) return c.fail(old.error());
    if (!old->origin.starts_with("the file"))
        return c.usage("the master key comes from " + old->origin + ": rotate it where it is kept");
    auto fresh = vault::load_master_key(next, true);
    if (!fresh) return c.fail(fresh.error());
    if (!flush_folder(data))
        return c.fail(failure(errc::io, "can't write the folder " + data.string() + " to the disk"));
    auto wrapped = vault::vault::rewrap(*old, *fresh, *keys);
    if (!wrapped) {
        // A rotation was cut off between the two steps below: the store has the new key already.
        if (!vault::vault::unlock(*fresh, *keys)) return c.fail(wrapped.error());
    } else if (auto replaced = durable.replace_keys(*wrapped, user->rights.id, c.now()); !replaced) {
        return c.fail(replaced.error());
    }
    const std::filesystem::path before = data / "master.key.old";
    std::error_code ec;
    std::filesystem::remove(before, ec);
    std::filesystem::create_hard_link(file, before, ec);
    if (ec || !flush_folder(data) || std::rename(next.c_str(), file.c_str()) != 0 || !flush_folder(data))
        return c.fail(failure(errc::io, "the store has the new master key, but " + next.string() +
                                            " could not be put in place of " + file.string() + ": move it there"));
    auto stored = durable.keys();
    auto now = vault::load_master_key(file, false);
    if (!stored || !now || !vault::vault::unlock(*now, *stored))
        return c.fail(failure(
            errc::corrupt, "the new master key does not open the store: the old one is kept in " + before.string()));
    std::filesystem::remove(before, ec);
    c.out << "the master key is new; keep a copy of " << file.string() << "\n";
    return exit_success;
}

}  // namespace latchkey::cli
