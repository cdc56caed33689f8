// SPDX-License-Identifier: Apache-2.0
//
// EMAIL: a message through an SMTP server, by libcurl. The server is that of the SMTP integration which the action
// names, or of the pipeline's variables SMTP_HOST, SMTP_PORT, SMTP_USERNAME, SMTP_PASSWORD, SMTP_FROM, SMTP_SECURITY.
#include "runner/native/action.hpp"
#include "runner/native/curl.hpp"
#include "runner/native/http.hpp"
#include "runner/native/types.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <ostream>
#include <random>
#include <string_view>
#include <system_error>

namespace latchkey::native {

namespace {

struct free_mime {
    void operator()(curl_mime* m) const { curl_mime_free(m); }
};

struct mail_server {
    std::string host;
    int port = 0;
    std::string user;
    std::string password;
    std::string from;
    std::string security;
};

struct message {
    std::string from_name;
    std::string title;
    std::vector<std::string> recipients;
    std::vector<std::filesystem::path> attachments;
};

bool has_control(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

bool is_address(const std::string& text) {
    const std::size_t at = text.find('@');
    return at != 0 && at != std::string::npos && at + 1 < text.size() && text.size() <= 320 && text.front() != '-' &&
           !has_control(text) && text.find_first_of(" <>()[]\\,;:\"") == std::string::npos;
}

std::vector<std::string> pieces(const std::string& text, const char* ends) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = std::min(text.find_first_not_of(ends, at), text.size());
        const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
        if (end > begin) all.push_back(text.substr(begin, end - begin));
        at = end + 1;
    }
    return all;
}

// "ana@acme.test", "ana@acme.test Ana", "Ana <ana@acme.test>": the address in it.
std::string address_in(const std::string& line) {
    for (std::string word : pieces(line, " \t")) {
        if (word.starts_with('<') && word.ends_with('>')) word = word.substr(1, word.size() - 2);
        if (is_address(word)) return word;
    }
    return {};
}

// No more of it than fits one line of a header, however it is written there.
std::string cut(std::string text) {
    constexpr std::size_t longest = 200;
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

// A header's text as RFC 2047 has it where it is more than ASCII.
std::string header_text(const std::string& text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x7fU; }) &&
        text.find("=?") == std::string::npos)
        return text;
    std::string out = "=?UTF-8?Q?";
    std::size_t in_word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // A word has up to 75 characters and ends between two characters of the text.
        if (in_word > 40 && (byte & 0xC0U) != 0x80U) {
            out += "?= =?UTF-8?Q?";
            in_word = 0;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        const bool plain =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        const std::string coded =
            plain ? std::string(1, text[i]) : std::string("=") + digits[byte >> 4U] + digits[byte & 15U];
        out += coded;
        in_word += coded.size();
    }
    return out + "?=";
}

result<mail_server> server_of(const action& a) {
    const integration* given = a.of("SMTP");
    const auto field = [&](const char* name, const char* variable) {
        if (given == nullptr) return a.variable(variable);
        const auto at = given->fields.find(name);
        return at == given->fields.end() ? std::string() : at->second;
    };
    mail_server s;
    s.host = field("host", "SMTP_HOST");
    s.user = field("username", "SMTP_USERNAME");
    s.password = field("password", "SMTP_PASSWORD");
    s.from = field("from", "SMTP_FROM");
    s.security = field("security", "SMTP_SECURITY");
    if (s.host.empty())
        return failure(
            errc::invalid,
            "no mail server is named: name an integration of the type SMTP, or set the variables SMTP_HOST and "
            "SMTP_FROM");
    if (s.host.find_first_of("/@?# ") != std::string::npos || has_control(s.host))
        return failure(errc::invalid, "the mail server's host is no name or address of a host");
    if (s.security.empty()) s.security = is_loopback(s.host) ? "none" : "starttls";
    if (s.security != "none" && s.security != "starttls" && s.security != "tls")
        return failure(errc::invalid, "the mail server's security is one of none, starttls and tls");
    s.port = s.security == "tls" ? 465 : s.security == "starttls" ? 587 : 25;
    if (const std::string written = field("port", "SMTP_PORT"); !written.empty()) {
        const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), s.port);
        if (error != std::errc() || end != written.data() + written.size() || s.port < 1 || s.port > 65535)
            return failure(errc::invalid, "the mail server's port is no port's number");
    }
    if (s.from.empty() && is_address(s.user)) s.from = s.user;
    if (!is_address(s.from)) return failure(errc::invalid, "the mail server's `from` is no address: name@host");
    if (!s.password.empty() && s.security == "none" && !is_loopback(s.host))
        return failure(errc::invalid,
                       "a password does not go to " + s.host + " without TLS: security is starttls or tls");
    return s;
}

result<message> message_of(const action& a) {
    message m;
    m.title = cut(a.text("title"));
    m.from_name = cut(a.text("from_name"));
    if (has_control(a.text("title"))) return failure(errc::invalid, "`title` holds a line end: it is one line");
    if (has_control(a.text("from_name")))
        return failure(errc::invalid, "`from_name` holds a line end: it is one line");
    for (const std::string& group : a.list("send_to_groups"))
        if (!group.empty())
            return failure(errc::invalid, "send_to_groups can't be used here: write the addresses in recipients");
    for (const std::string& line : pieces(a.text("recipients"), "\r\n,;")) {
        if (line.find_first_not_of(" \t") == std::string::npos) continue;
        const std::string address = address_in(line);
        if (address.empty()) return failure(errc::invalid, "`recipients` has a line without an address");
        m.recipients.push_back(address);
    }
    if (m.recipients.empty()) return failure(errc::invalid, "`recipients` is empty: one address a line");
    for (const std::string& listed : pieces(a.text("file_attachments"), "\r\n")) {
        const std::string name = listed.starts_with("fs://") ? listed.substr(5) : listed;
        const auto path = in_workspace(a, name);
        if (!path) return path.error();
        std::error_code ec;
        if (!std::filesystem::is_regular_file(*path, ec))
            return failure(errc::invalid, "the attachment \"" + name + "\" is no file of the workspace");
        m.attachments.push_back(*path);
    }
    return m;
}

std::string now_as_header() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts)};
}

std::string new_id() {
    std::random_device device;
    std::string id;
    for (int i = 0; i < 4; ++i) id += std::to_string(device());
    return id;
}

// A lone line feed is not the end of a line of a message.
std::string with_crlf(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
        out += text[i];
    }
    return out;
}

void append(curl_list& list, const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
        static_cast<void>(list.release());
        list.reset(longer);
    }
}

result<void> send(const action& a, const mail_server& s, const message& m) {
    const curl_handle c = new_curl("smtp,smtps");
    if (!c) return failure(errc::io, "libcurl can't be used");
    const std::string host =
        s.host.find(':') == std::string::npos || s.host.starts_with('[') ? s.host : "[" + s.host + "]";
    const std::string url = (s.security == "tls" ? "smtps://" : "smtp://") + host + ":" + std::to_string(s.port);
    set(c, CURLOPT_URL, url.c_str());
    set(c, CURLOPT_TIMEOUT, 300L);
    if (s.security == "starttls") set(c, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!s.user.empty()) {
        set(c, CURLOPT_USERNAME, s.user.c_str());
        set(c, CURLOPT_PASSWORD, s.password.c_str());
    }
    curl_list to;
    std::string all;
    for (const std::string& recipient : m.recipients) {
        append(to, recipient);
        // Each on a line of its own: a message's lines have a longest length.
        all += (all.empty() ? "To: " : ",\r\n ") + recipient;
    }
    const std::string from = m.from_name.empty() ? s.from : header_text(m.from_name) + " <" + s.from + ">";
    curl_list headers = list_of({{"Date", now_as_header()},
                                 {"From", from},
                                 {"Subject", header_text(m.title)},
                                 {"Message-ID", "<" + new_id() + s.from.substr(s.from.find('@')) + ">"},
                                 {"Auto-Submitted", "auto-generated"}});
    append(headers, all);
    const std::unique_ptr<curl_mime, free_mime> mime(curl_mime_init(c.get()));
    curl_mimepart* text = curl_mime_addpart(mime.get());
    curl_mime_data(text, with_crlf(a.text("content")).c_str(), CURL_ZERO_TERMINATED);
    curl_mime_type(text, a.flag("send_as_html") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
    curl_mime_encoder(text, "quoted-printable");
    for (const std::filesystem::path& file : m.attachments) {
        curl_mimepart* part = curl_mime_addpart(mime.get());
        if (curl_mime_filedata(part, file.c_str()) != CURLE_OK)
            return failure(errc::io, "can't read " + file.filename().string());
        curl_mime_encoder(part, "base64");
    }
    set(c, CURLOPT_MAIL_FROM, s.from.c_str());
    set(c, CURLOPT_MAIL_RCPT, to.get());
    set(c, CURLOPT_HTTPHEADER, headers.get());
    set(c, CURLOPT_MIMEPOST, mime.get());
    if (auto sent = perform(c); !sent)
        return failure(errc::io, "the message can't be sent through " + s.host + ": " + sent.error().what);
    return {};
}

}  // namespace

int email(const action& a, std::ostream& out) {
    const auto server = server_of(a);
    const auto written = message_of(a);
    if (!server || !written) {
        out << (server ? written.error().what : server.error().what) << "\n";
        return 2;
    }
    if (auto sent = send(a, *server, *written); !sent) {
        out << sent.error().what << "\n";
        return 1;
    }
    const std::size_t count = written->recipients.size();
    out << "sent to " << count << (count == 1 ? " recipient" : " recipients") << " through " << server->host << "\n";
    return 0;
}

}  // namespace latchkey::native
