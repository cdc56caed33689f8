// SPDX-License-Identifier: Apache-2.0
//
// TLS for the server: a certificate and its key, and connections that speak it. A context is immutable; a new
// certificate is a new context, which later connections get. Any thread may make one.
#pragma once

#include "runner/error.hpp"
#include "runner/http/connection.hpp"

#include <filesystem>

namespace latchkey::http {

class tls_context {
public:
    // TLS 1.2 and newer. refused: the key may be read by others; invalid: the files are no certificate chain and key
    // in PEM, or they don't belong together.
    static result<std::shared_ptr<tls_context>> load(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key);
    virtual ~tls_context() = default;
    // Keeps the context for as long as it lives.
    virtual std::unique_ptr<connection> wrap(boost::asio::ip::tcp::socket) const = 0;
};

}  // namespace latchkey::http
