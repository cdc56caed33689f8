// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_answer.hpp"

#include "runner/objects/s3_place.hpp"

#include <charconv>
#include <pugixml.hpp>

namespace latchkey::objects {

namespace {

constexpr std::size_t most_listed = 10'000;
constexpr std::size_t longest_said = 200;

failure no_list(const char* what) {
    return {errc::corrupt, std::string("the list of objects can't be read: ") + what};
}

std::string in_a_line(std::string_view text) {
    std::string line;
    for (const char c : text.substr(0, longest_said))
        line += static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f ? ' ' : c;
    return line;
}

bool read_document(pugi::xml_document& into, std::string_view bytes) {
    // It does not read document types, so that no entity is ever expanded.
    return bytes.size() <= longest_s3_answer &&
           into.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
}

}  // namespace

result<s3_list> read_s3_list(std::string_view bytes) {
    pugi::xml_document document;
    if (!read_document(document, bytes)) return no_list("it is no XML");
    const pugi::xml_node list = document.child("ListBucketResult");
    if (!list) return no_list("it is no ListBucketResult");
    s3_list found;
    const std::string_view cut = list.child("IsTruncated").child_value();
    if (cut != "true" && cut != "false") return no_list("it does not say whether it is whole");
    found.cut = cut == "true";
    const bool encoded = std::string_view(list.child("EncodingType").child_value()) == "url";
    for (const pugi::xml_node& one : list.children("Contents")) {
        if (found.objects.size() == most_listed) return no_list("it is too long");
        const std::string_view key = one.child("Key").child_value();
        const std::string_view size = one.child("Size").child_value();
        object_store::object o;
        if (encoded) {
            auto decoded = s3_decoded(key);
            if (!decoded) return no_list("a key is badly encoded");
            o.key = std::move(*decoded);
        } else {
            o.key = key;
        }
        const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), o.size);
        if (o.key.empty() || error != std::errc() || end != size.data() + size.size())
            return no_list("an object has no key or no size");
        found.objects.push_back(std::move(o));
    }
    // Whoever asks for what follows asks from the last one on.
    if (found.cut && found.objects.empty()) return no_list("it is cut before its first object");
    return found;
}

s3_error read_s3_error(std::string_view bytes) {
    pugi::xml_document document;
    if (!read_document(document, bytes)) return {};
    const pugi::xml_node error = document.child("Error");
    return {in_a_line(error.child("Code").child_value()), in_a_line(error.child("Message").child_value())};
}

}  // namespace latchkey::objects
