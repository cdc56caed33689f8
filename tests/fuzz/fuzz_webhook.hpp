// SPDX-License-Identifier: Apache-2.0
//
// What holds of every webhook's reader, whatever it is given: an event's ref is a whole name of its type, its commits
// are figures, its texts are short lines, and where there is none it is said why. One thread.
#pragma once

#include "runner/source/address.hpp"
#include "runner/triggers/payload.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace latchkey::test {

inline bool is_commit(const std::string& id) {
    return id.empty() ||
           (id.size() >= 7 && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos);
}

inline bool is_line(const std::string& text) {
    return text.size() <= 1000 &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

inline void check_event(const triggers::repository_event& e) {
    const bool request = e.kind == triggers::event_kind::pull_request;
    if (!source::is_ref_name(e.ref.name) || e.ref.type == policy::ref_type::none) std::abort();
    if (request != (e.ref.type == policy::ref_type::pull_request)) std::abort();
    if (!e.fetched_as.empty() && !source::is_ref_name(e.fetched_as)) std::abort();
    if (!is_commit(e.before) || !is_commit(e.after)) std::abort();
    if (request && (e.number <= 0 || e.action.empty() || e.base_branch.empty())) std::abort();
    if (!request && e.fork) std::abort();
    if (e.kind == triggers::event_kind::delete_ref && !e.after.empty()) std::abort();
    if (e.kind == triggers::event_kind::push && e.after.empty()) std::abort();
    for (const std::string* text : {&e.action, &e.base_branch, &e.head_branch, &e.repository, &e.sender, &e.title})
        if (!is_line(*text)) std::abort();
}

template <class Reader>
void try_webhook(const std::uint8_t* data, std::size_t size, Reader read) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(bytes.find('\n'), size);
    const auto told = read(bytes.substr(0, line), bytes.substr(std::min(line + 1, size)));
    if (!told) {
        if (told.error().what.size() > 300) std::abort();
        return;
    }
    if (told->events.empty() == told->note.empty()) std::abort();
    for (const triggers::repository_event& e : told->events) check_event(e);
}

}  // namespace latchkey::test
