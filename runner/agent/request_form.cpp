// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/request_form.hpp"

#include "runner/vault/base64.hpp"

#include <limits>
#include <stdexcept>

namespace latchkey::agent {

namespace {

using nlohmann::json;

// A form that is not one; turned into a failure where reading began.
struct not_a_form : std::runtime_error {
    using std::runtime_error::runtime_error;
};

bool is_utf8(std::string_view text) {
    try {
        (void)json(std::string(text)).dump();
        return true;
    } catch (const json::exception&) {
        return false;
    }
}

std::string must_be_text(const json& from) {
    auto text = text_from(from);
    if (!text) throw not_a_form(text.error().what);
    return std::move(*text);
}

json texts_form(const std::vector<std::string>& all) {
    json list = json::array();
    for (const std::string& one : all) list.push_back(text_form(one));
    return list;
}

std::vector<std::string> texts_in(const json& list) {
    std::vector<std::string> all;
    for (const json& one : list) all.push_back(must_be_text(one));
    return all;
}

std::vector<std::pair<std::string, std::string>> pairs_in(const json& list) {
    auto all = pairs_from(list);
    if (!all) throw not_a_form(all.error().what);
    return std::move(*all);
}

json mounts_form(const std::vector<exec::mount>& all) {
    json list = json::array();
    for (const exec::mount& m : all) list.push_back({text_form(m.source.string()), text_form(m.target), m.read_only});
    return list;
}

std::vector<exec::mount> mounts_in(const json& list) {
    std::vector<exec::mount> all;
    for (const json& m : list) all.push_back({must_be_text(m.at(0)), must_be_text(m.at(1)), m.at(2).get<bool>()});
    return all;
}

// The secrets in the order in which the form counts them.
std::vector<std::string_view> values_of(const exec::request& r) {
    std::vector<std::string_view> all;
    for (const auto& [name, value] : r.secrets) all.push_back(value->reveal());
    for (const exec::secret_file& f : r.files) all.push_back(f.content->reveal());
    if (!r.container) return all;
    if (r.container->login) all.push_back(r.container->login->password.reveal());
    for (const exec::service& s : r.container->services)
        for (const auto& [name, value] : s.secrets) all.push_back(value.reveal());
    return all;
}

json service_form(const exec::service& s) {
    json names = json::array();
    for (const auto& [name, value] : s.secrets) names.push_back(text_form(name));
    return {{"image", text_form(s.image)},
            {"host", text_form(s.host)},
            {"port", s.port},
            {"command", texts_form(s.command)},
            {"environment", pairs_form(s.environment)},
            {"secrets", std::move(names)},
            {"kept", text_form(s.kept)},
            {"data", text_form(s.data)}};
}

json container_form(const exec::container& c) {
    json services = json::array();
    for (const exec::service& s : c.services) services.push_back(service_form(s));
    json form = {{"image", text_form(c.image)},
                 {"built_here", c.built_here},
                 {"working_directory", text_form(c.working_directory)},
                 {"user", text_form(c.user)},
                 {"mounts", mounts_form(c.mounts)},
                 {"setup_commands", texts_form(c.setup_commands)},
                 {"services", std::move(services)}};
    if (c.login) form["login"] = {text_form(c.login->server), text_form(c.login->username)};
    return form;
}

// Numbers are little-endian, four bytes.
void add_number(std::string& to, std::size_t number) {
    for (int shift = 0; shift < 32; shift += 8)
        to += static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xffU);
}

std::size_t take_number(std::string_view& from) {
    if (from.size() < 4) throw not_a_form("the secrets are cut off");
    std::size_t number = 0;
    for (int i = 3; i >= 0; --i)
        number = number << 8U | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
    from.remove_prefix(4);
    return number;
}

// Gives one value after another, each once.
class dealer {
public:
    explicit dealer(std::deque<vault::secret>& values, std::size_t count) : values_(values), count_(count) {}
    const vault::secret& next() {
        if (at_ == count_) throw not_a_form("there are fewer secrets than the form names");
        return values_[at_++];
    }
    vault::secret copy() { return vault::secret(std::string(next().reveal())); }
    bool done() const { return at_ == count_; }

private:
    std::deque<vault::secret>& values_;
    std::size_t count_;
    std::size_t at_ = 0;
};

exec::container container_in(const json& form, dealer& values) {
    exec::container c;
    c.image = must_be_text(form.at("image"));
    c.built_here = form.at("built_here").get<bool>();
    c.working_directory = must_be_text(form.at("working_directory"));
    c.user = must_be_text(form.at("user"));
    c.mounts = mounts_in(form.at("mounts"));
    c.setup_commands = texts_in(form.at("setup_commands"));
    if (form.contains("login")) {
        const json& login = form.at("login");
        c.login = exec::registry_login{must_be_text(login.at(0)), must_be_text(login.at(1)), values.copy()};
    }
    for (const json& from : form.at("services")) {
        exec::service s;
        s.image = must_be_text(from.at("image"));
        s.host = must_be_text(from.at("host"));
        s.port = from.at("port").get<std::uint16_t>();
        s.command = texts_in(from.at("command"));
        s.environment = pairs_in(from.at("environment"));
        for (const json& name : from.at("secrets")) s.secrets.emplace_back(must_be_text(name), values.copy());
        s.kept = must_be_text(from.at("kept"));
        s.data = must_be_text(from.at("data"));
        c.services.push_back(std::move(s));
    }
    return c;
}

void fill(exec::request& r, const json& form, dealer& values) {
    r.label = must_be_text(form.at("label"));
    const int shell = form.at("shell").get<int>();
    if (shell < 0 || shell > static_cast<int>(exec::shell::powershell)) throw not_a_form("there is no such shell");
    r.shell = static_cast<exec::shell>(shell);
    r.commands = texts_in(form.at("commands"));
    r.execute_every_command = form.at("execute_every_command").get<bool>();
    r.environment = pairs_in(form.at("environment"));
    for (const json& name : form.at("secrets")) r.secrets.emplace_back(must_be_text(name), &values.next());
    for (const json& f : form.at("files"))
        r.files.push_back({must_be_text(f.at(0)), must_be_text(f.at(1)), &values.next(), f.at(2).get<bool>(),
                           f.at(3).get<unsigned>() & 0777U});
    r.directory = must_be_text(form.at("directory"));
    r.workspace = must_be_text(form.at("workspace"));
    r.kept = mounts_in(form.at("kept"));
    r.machine_environment = pairs_in(form.at("machine_environment"));
    r.limits = {form.at("memory").get<std::uint64_t>(), form.at("cpus").get<double>(),
                form.at("pids").get<std::uint32_t>()};
    r.network = form.at("network").get<bool>();
    r.collect_exported = form.at("collect_exported").get<bool>();
    r.trusted = form.at("trusted").get<bool>();
    if (form.contains("container")) r.container = container_in(form.at("container"), values);
}

}  // namespace

json text_form(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    return {{"base64", vault::encode_base64(text)}};
}

result<std::string> text_from(const json& form) {
    if (form.is_string()) return form.get<std::string>();
    if (form.is_object() && form.size() == 1 && form.contains("base64") && form["base64"].is_string())
        if (auto bytes = vault::decode_base64(form["base64"].get<std::string>())) return std::string(bytes->reveal());
    return failure(errc::usage, "a text is neither a string nor base64");
}

json pairs_form(const std::vector<std::pair<std::string, std::string>>& all) {
    json list = json::array();
    for (const auto& [name, value] : all) list.push_back({text_form(name), text_form(value)});
    return list;
}

result<std::vector<std::pair<std::string, std::string>>> pairs_from(const json& list) {
    std::vector<std::pair<std::string, std::string>> all;
    if (!list.is_array()) return failure(errc::usage, "a list of pairs is none");
    for (const json& pair : list) {
        if (!pair.is_array() || pair.size() != 2) return failure(errc::usage, "a pair is none");
        auto name = text_from(pair[0]);
        auto value = text_from(pair[1]);
        if (!name) return name.error();
        if (!value) return value.error();
        all.emplace_back(std::move(*name), std::move(*value));
    }
    return all;
}

json form_of(const exec::request& r) {
    json secrets = json::array();
    for (const auto& [name, value] : r.secrets) secrets.push_back(text_form(name));
    json files = json::array();
    for (const exec::secret_file& f : r.files)
        files.push_back({text_form(f.variable), text_form(f.name), f.directory, f.mode});
    json form = {{"label", text_form(r.label)},
                 {"shell", static_cast<int>(r.shell)},
                 {"commands", texts_form(r.commands)},
                 {"execute_every_command", r.execute_every_command},
                 {"environment", pairs_form(r.environment)},
                 {"secrets", std::move(secrets)},
                 {"files", std::move(files)},
                 {"directory", text_form(r.directory.string())},
                 {"workspace", text_form(r.workspace.string())},
                 {"kept", mounts_form(r.kept)},
                 {"machine_environment", pairs_form(r.machine_environment)},
                 {"memory", r.limits.memory_bytes},
                 {"cpus", r.limits.cpus},
                 {"pids", r.limits.pids},
                 {"network", r.network},
                 {"collect_exported", r.collect_exported},
                 {"trusted", r.trusted}};
    if (r.container) form["container"] = container_form(*r.container);
    return form;
}

std::string secrets_of(const exec::request& r) {
    const std::vector<std::string_view> values = values_of(r);
    std::size_t size = 8;
    for (const auto* list : {&values, &r.to_mask})
        for (const std::string_view one : *list) size += 4 + one.size();
    std::string bytes;
    bytes.reserve(size);  // it never moves: nothing of it is left elsewhere
    for (const auto* list : {&values, &r.to_mask}) {
        add_number(bytes, list->size());
        for (const std::string_view one : *list) {
            add_number(bytes, one.size());
            bytes += one;
        }
    }
    return bytes;
}

result<received_request> request_from(const json& form, const vault::secret& opened) {
    received_request got;
    try {
        std::string_view rest = opened.reveal();
        const auto take_list = [&] {
            const std::size_t count = take_number(rest);
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t size = take_number(rest);
                if (size > rest.size()) throw not_a_form("the secrets are cut off");
                got.values.emplace_back(std::string(rest.substr(0, size)));
                rest.remove_prefix(size);
            }
            return count;
        };
        const std::size_t given = take_list();
        take_list();
        if (!rest.empty()) throw not_a_form("there is more than the secrets");
        for (std::size_t i = given; i < got.values.size(); ++i) got.mask.push_back(got.values[i].reveal());
        dealer values(got.values, given);
        fill(got.request, form, values);
        if (!values.done()) throw not_a_form("there are more secrets than the form names");
    } catch (const json::exception&) {
        return failure(errc::usage, "what the server asks for lacks a part, or one is of another kind");
    } catch (const not_a_form& e) {
        return failure(errc::usage, std::string("what the server asks for can't be read: ") + e.what());
    }
    return got;
}

}  // namespace latchkey::agent
