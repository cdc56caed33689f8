// SPDX-License-Identifier: Apache-2.0
//
// PING, TCP, SSL_VERIFY: whether another machine answers, and for how long its certificate is valid.
#include "runner/native/action.hpp"
#include "runner/native/curl.hpp"
#include "runner/native/types.hpp"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <ostream>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace latchkey::native {

namespace {

using std::chrono::steady_clock;

constexpr auto answer_time = std::chrono::seconds(30);

bool is_host(const std::string& text) {
    return !text.empty() && text.front() != '-' && text.find_first_of(" \t\r\n/\\@?#") == std::string::npos;
}

std::string host_in_url(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

int wrong_host(std::ostream& out, const char* key) {
    out << "`" << key << "` is not the name or address of a host\n";
    return 2;
}

// false: the time is over, or the other side has closed.
bool wait_for(curl_socket_t socket, short events, steady_clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    pollfd one{socket, events, 0};
    return left > 0 && ::poll(&one, 1, static_cast<int>(left)) > 0;
}

bool send_all(const curl_handle& c, curl_socket_t socket, std::string_view bytes, steady_clock::time_point until) {
    while (!bytes.empty()) {
        std::size_t n = 0;
        const CURLcode code = curl_easy_send(c.get(), bytes.data(), bytes.size(), &n);
        if (code == CURLE_OK)
            bytes.remove_prefix(n);
        else if (code != CURLE_AGAIN || !wait_for(socket, POLLOUT, until))
            return false;
    }
    return true;
}

bool receives(const curl_handle& c, curl_socket_t socket, const std::string& text, steady_clock::time_point until) {
    std::string all;
    char piece[4096];
    while (all.find(text) == std::string::npos) {
        std::size_t n = 0;
        const CURLcode code = curl_easy_recv(c.get(), piece, sizeof piece, &n);
        if (code == CURLE_OK && n > 0) {
            all.append(piece, n);
            // Only the end can still become the text.
            if (all.size() > (1UL << 20U)) all.erase(0, all.size() - text.size());
        } else if (code != CURLE_AGAIN || !wait_for(socket, POLLIN, until)) {
            return false;
        }
    }
    return true;
}

// "Name:value" of the server's own certificate, the first of those it sent.
std::string certificate_fact(const curl_handle& c, std::string_view name) {
    curl_certinfo* info = nullptr;
    if (curl_easy_getinfo(c.get(), CURLINFO_CERTINFO, &info) != CURLE_OK || info == nullptr || info->num_of_certs < 1)
        return {};
    for (const curl_slist* line = info->certinfo[0]; line != nullptr; line = line->next) {
        const std::string_view text = line->data;
        if (text.starts_with(name) && text.substr(name.size()).starts_with(":"))
            return std::string(text.substr(name.size() + 1));
    }
    return {};
}

}  // namespace

int ping(const action& a, std::ostream& out) {
    const std::string host = a.text("destination");
    if (!is_host(host)) return wrong_host(out, "destination");
    out.flush();
    ::execlp("ping", "ping", "-c", "3", "-W", "5", "-w", "15", "--", host.c_str(), nullptr);
    out << "ping is not installed here\n";
    return 127;
}

int tcp(const action& a, std::ostream& out) {
    const std::string host = a.text("destination");
    const int port = a.number("port", 0);
    if (!is_host(host)) return wrong_host(out, "destination");
    if (port < 1 || port > 65535) {
        out << "`port` is not a port's number\n";
        return 2;
    }
    const curl_handle c = new_curl("http");
    const std::string at = host_in_url(host) + ":" + std::to_string(port);
    const std::string url = "http://" + at;
    set(c, CURLOPT_URL, url.c_str());
    set(c, CURLOPT_CONNECT_ONLY, 1L);
    set(c, CURLOPT_PROXY, "");
    if (auto connected = perform(c); !connected) {
        out << connected.error().what << "\n";
        return 1;
    }
    out << at << " accepts connections\n";
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(c.get(), CURLINFO_ACTIVESOCKET, &socket);
    const auto until = steady_clock::now() + answer_time;
    if (!send_all(c, socket, a.text("post_data"), until)) {
        out << at << " did not take the data\n";
        return 1;
    }
    const std::string text = a.text("text");
    if (text.empty() || receives(c, socket, text, until)) return 0;
    out << at << " did not answer with \"" << text << "\"\n";
    return 1;
}

int ssl_verify(const action& a, std::ostream& out) {
    std::string host = a.text("website");
    if (host.starts_with("https://")) host.erase(0, 8);
    while (host.ends_with('/')) host.pop_back();
    if (!is_host(host)) return wrong_host(out, "website");
    const int days_wanted = a.number("valid_for_days", -1);
    const int port = a.number("port", 443);
    if (days_wanted < 0 || port < 1 || port > 65535) {
        out << (days_wanted < 0 ? "`valid_for_days` is not a number of days\n" : "`port` is not a port's number\n");
        return 2;
    }
    const curl_handle c = new_curl("https");
    const std::string url = "https://" + host_in_url(host) + ":" + std::to_string(port);
    set(c, CURLOPT_URL, url.c_str());
    set(c, CURLOPT_CONNECT_ONLY, 1L);
    set(c, CURLOPT_CERTINFO, 1L);
    if (auto connected = perform(c); !connected) {
        out << host << ": " << connected.error().what << "\n";
        return 1;
    }
    const std::string ends = certificate_fact(c, "Expire date");
    const std::time_t end = curl_getdate(ends.c_str(), nullptr);
    if (end < 0) {
        out << host << ": the end of its certificate can't be read\n";
        return 1;
    }
    const auto days = (end - std::time(nullptr)) / 86400;
    out << host << ": the certificate is valid for " << days << " days, until " << ends << "\n";
    return days >= days_wanted ? 0 : 1;
}

}  // namespace latchkey::native
