// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/container_images.hpp"

#include "runner/async/uncancelled.hpp"
#include "runner/engine/containers.hpp"
#include "runner/engine/frames.hpp"
#include "runner/exec/handover.hpp"
#include "runner/exec/line_splitter.hpp"

#include <sodium.h>

namespace latchkey::exec {

namespace {

// Variables that the commands name: `$NAME`, `${NAME`. Taken too often rather than too rarely.
bool names(const std::vector<std::string>& commands, const std::string& variable) {
    for (const std::string& command : commands)
        for (std::size_t at = command.find(variable); at != std::string::npos; at = command.find(variable, at + 1))
            if (at > 0 && (command[at - 1] == '$' || command[at - 1] == '{')) return true;
    return false;
}

std::vector<std::string> environment_for_setup(const request& r) {
    std::vector<std::string> environment;
    for (const auto& [name, value] : r.environment)
        if (names(r.container->setup_commands, name)) environment.push_back(name + "=" + value);
    return environment;
}

const char* shell_in_image(shell s) {
    return s == shell::bash ? "bash" : s == shell::powershell ? "pwsh" : "/bin/sh";
}

std::string setup_script(const request& r) {
    std::string script;
    for (const std::string& command : r.container->setup_commands) script.append(command).append("\n");
    return script;
}

std::string name_of_setup(const request& r, const engine::image_facts& base) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, 16);
    const auto add = [&state](std::string_view text) {
        // Each with its length: no two lists of texts give the same bytes.
        const std::string size = std::to_string(text.size()) + ":";
        for (const std::string_view part : {std::string_view(size), text})
            crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
    };
    add(base.id);
    add(shell_in_image(r.shell));
    add(setup_script(r));
    for (const std::string& variable : environment_for_setup(r)) add(variable);
    unsigned char hash[16];
    crypto_generichash_final(&state, hash, sizeof hash);
    std::string name = "latchkey-setup:";
    for (const unsigned char byte : hash) {
        name.push_back("0123456789abcdef"[byte >> 4U]);
        name.push_back("0123456789abcdef"[byte & 15U]);
    }
    return name;
}

}  // namespace

container_images::container_images(engine::client& c, std::map<std::string, std::string> labels)
    : client_(c), labels_(std::move(labels)), changed_(c.executor()) {}

async::task<result<engine::image_facts>> container_images::prepare(const request& r) {
    auto base = co_await pulled(r);
    if (!base || r.container->setup_commands.empty()) co_return base;
    const std::string name = name_of_setup(r, *base);
    while (busy_.contains(name)) co_await changed_.wait();
    auto made = co_await engine::inspect_image(client_, name);
    if (!made) co_return made.error();
    if (!*made) {
        busy_.insert(name);
        const auto done = co_await set_up(r, *base, name);
        busy_.erase(name);
        changed_.notify();
        if (!done) co_return done.error();
        made = co_await engine::inspect_image(client_, name);
        if (!made) co_return made.error();
        if (!*made) co_return failure(errc::engine, "the container engine lost the image of the setup commands");
    }
    // It runs as what the image says, not as what the setup ran as.
    (*made)->user = base->user;
    co_return **made;
}

async::task<result<engine::image_facts>> container_images::pulled(const request& r) {
    const container& c = *r.container;
    while (busy_.contains(c.image)) co_await changed_.wait();
    auto there = co_await engine::inspect_image(client_, c.image);
    if (!there) co_return there.error();
    if (*there) co_return **there;
    if (c.built_here)
        co_return failure(errc::engine,
                          "no action of this run has built the image that it is to run in: a DOCKERFILE action comes "
                          "before it, and docker_build_action_name names that one");
    if (r.say) r.say("pulling the image " + c.image);
    std::optional<engine::registry_login> login;
    if (c.login) login = engine::registry_login{c.login->server, c.login->username, c.login->password.reveal()};
    busy_.insert(c.image);
    const auto done = co_await engine::pull_image(client_, c.image, login, r.say);
    busy_.erase(c.image);
    changed_.notify();
    if (!done) co_return done.error();
    there = co_await engine::inspect_image(client_, c.image);
    if (!there) co_return there.error();
    if (!*there) co_return failure(errc::engine, "the image " + c.image + " was pulled and is not there");
    co_return **there;
}

async::task<result<void>> container_images::set_up(const request& r, const engine::image_facts& base,
                                                   const std::string& name) {
    if (r.say) r.say("executing setup_commands: what they make is kept for the next time");
    engine::container_spec spec;
    spec.image = base.id;
    spec.entrypoint = std::vector<std::string>{"/bin/sh", "-c"};
    spec.command = {"exec 2>&1 </dev/null; " + std::string(shell_in_image(r.shell)) + " -e -c " +
                    shell_quoted(setup_script(r)) + "; exit $?"};
    spec.environment = environment_for_setup(r);
    spec.labels = labels_;
    spec.user = "0";  // it installs
    auto id = co_await async::uncancelled(engine::create_container(client_, spec));
    if (!id) co_return id.error();

    // Whatever happens, cancellation too: the container goes.
    const auto work = [&]() -> async::task<result<void>> {
        auto output = co_await engine::attach(client_, *id);
        if (!output) co_return output.error();
        if (auto started = co_await engine::start_container(client_, *id); !started) co_return started.error();
        engine::frames frames;
        line_splitter lines(r.say);
        std::string piece(16UL * 1024, '\0');
        for (;;) {
            const auto n = co_await (*output)->read(boost::asio::buffer(piece));
            if (!n) co_return n.error();
            if (*n == 0) break;
            lines.feed({piece.data(), frames.unpack({piece.data(), *n})});
        }
        lines.finish();
        const auto code = co_await engine::wait_container(client_, *id);
        if (!code) co_return code.error();
        if (*code != 0)
            co_return failure(errc::engine, "a setup command failed with exit code " + std::to_string(*code));
        if (auto kept = co_await engine::commit_container(client_, *id, name); !kept) co_return kept.error();
        co_return result<void>();
    };
    auto done = co_await work();
    co_await async::shielded();
    auto removed = co_await engine::remove_container(client_, *id);
    if (!done) co_return done;
    co_return removed;
}

}  // namespace latchkey::exec
