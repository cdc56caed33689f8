// SPDX-License-Identifier: Apache-2.0
//
// failure and result<T>: how every room of the runner reports that something could not be done.
// Outcomes (a denial, an exit status, diagnostics) are values of their own and never a failure.
// Value types, no thread rule. Must not know any room.
#pragma once

#include <boost/system/result.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

namespace latchkey {

// What kind of failure it is, so that a caller can choose a remedy and `cli` an exit code.
enum class errc {
    usage,      // the caller asked for something that can't be (exit 2)
    invalid,    // a pipeline definition has errors (exit 3)
    not_found,  // the thing named does not exist, or the asker may not know that it does
    conflict,   // somebody else changed it first, or it exists already
    denied,     // the asker's level or the policy says no (exit 4)
    refused,    // a safety rule says no: loose file mode, untrusted input, a missing decision
    corrupt,    // stored bytes are not what was written: bad seal, broken chain
    store,      // the store could not read or write
    io,         // the operating system said no
    engine,     // the execution backend could not do its work
    cancelled,  // the operation was cancelled before it was done
};

// One failure: lower case, one sentence, what happened, to what, what to do. Never holds a secret.
struct failure {
    errc code = errc::refused;
    std::string what;
    std::source_location where;

    failure() = default;  // boost::system::result asks for it; never made by us
    failure(errc code_, std::string what_, std::source_location where_ = std::source_location::current())
        : code(code_), what(std::move(what_)), where(where_) {}
};

template <class T>
using result = boost::system::result<T, failure>;

// Found by argument-dependent look-up when `result::value()` is called on a failure: that is a bug.
[[noreturn]] inline void throw_exception_from_error(const failure& f, const boost::source_location&) {
    throw std::runtime_error(f.what);
}

}  // namespace latchkey
