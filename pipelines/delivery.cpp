// SPDX-License-Identifier: Apache-2.0
#include "pipelines/delivery.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

constexpr std::size_t longest_template = 4096;
constexpr std::size_t longest_value = std::size_t{1} << 20U;

enum class form : unsigned char { plain, base64, json };

struct template_part {
    std::string_view literal;
    std::vector<std::string_view> fields;  // empty: a literal
    form as = form::plain;
};

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// What stands between `${` and `}`.
std::optional<template_part> read_reference_part(std::string_view inside) {
    template_part out;
    for (const auto& [function, as] : {std::pair("base64(", form::base64), std::pair("json(", form::json)}) {
        const std::string_view name = function;
        if (!inside.starts_with(name) || !inside.ends_with(')')) continue;
        out.as = as;
        inside = inside.substr(name.size(), inside.size() - name.size() - 1);
        break;
    }
    while (true) {
        const std::size_t end = out.as == form::base64 ? std::min(inside.find(':'), inside.size()) : inside.size();
        if (!is_field_name(inside.substr(0, end))) return std::nullopt;
        out.fields.push_back(inside.substr(0, end));
        if (end == inside.size()) return out;
        inside.remove_prefix(end + 1);
    }
}

std::optional<std::vector<template_part>> read_template(std::string_view text) {
    if (text.size() > longest_template) return std::nullopt;
    std::vector<template_part> parts;
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find("${"), text.size());
        if (begin > 0) parts.push_back({.literal = text.substr(0, begin)});
        text.remove_prefix(begin);
        if (text.empty()) break;
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos) return std::nullopt;
        std::optional<template_part> part = read_reference_part(text.substr(2, end - 2));
        if (!part) return std::nullopt;
        parts.push_back(std::move(*part));
        text.remove_prefix(end + 1);
    }
    return parts;
}

std::string base64_of(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) out += k <= group.size() ? digits[bits >> (18U - 6U * k) & 63U] : '=';
    }
    return out;
}

// A string as JSON and YAML write it, with its quotes: whatever it holds, it stays one string.
std::string json_of(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + '"';
}

char upper_name_character(char c) {
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

std::string environment_name(std::string_view prefix, std::string_view field) {
    std::string out;
    if (!prefix.empty() && prefix.front() >= '0' && prefix.front() <= '9') out += '_';
    for (const char c : prefix) out += upper_name_character(c);
    out += '_';
    for (const char c : field) out += upper_name_character(c);
    return out;
}

bool all_given(std::string_view text, const field_given& given) {
    const auto parts = read_template(text);
    return parts && std::ranges::all_of(*parts, [&](const template_part& part) {
               return std::ranges::all_of(part.fields, [&](std::string_view field) { return given(field); });
           });
}

}  // namespace

delivery deliver(const integration_type& type, std::string_view identifier, const field_given& given) {
    delivery out;
    const auto add = [&](delivered_variable variable) {
        const auto same_variable = [&](const auto& other) { return other == variable.name; };
        if (std::ranges::any_of(out.variables, same_variable, &delivered_variable::name) ||
            std::ranges::any_of(out.files, same_variable, &delivered_file::variable))
            return;
        out.variables.push_back(std::move(variable));
    };
    for (const delivered_file& file : type.files)
        if (all_given(file.content, given)) out.files.push_back(file);
    for (const delivered_variable& variable : type.variables)
        if (all_given(variable.value, given)) add(variable);
    const auto add_every_field = [&](std::string_view prefix) {
        for (const credential_field& field : type.fields)
            if (given(field.name)) add({environment_name(prefix, field.name), "${" + field.name + "}", field.secret});
    };
    if (type.variables.empty() && type.files.empty()) add_every_field("INTEGRATION");
    if (!identifier.empty()) add_every_field(identifier);
    return out;
}

std::optional<std::vector<std::string>> template_fields(std::string_view text) {
    const auto parts = read_template(text);
    if (!parts) return std::nullopt;
    std::vector<std::string> names;
    for (const template_part& part : *parts) names.insert(names.end(), part.fields.begin(), part.fields.end());
    return names;
}

std::optional<std::string> expand(std::string_view text, const field_lookup& value_of) {
    const auto parts = read_template(text);
    if (!parts) return std::nullopt;
    std::string out;
    for (const template_part& part : *parts) {
        std::string joined(part.literal);
        for (std::size_t i = 0; i < part.fields.size(); ++i) {
            const std::optional<std::string_view> value = value_of(part.fields[i]);
            if (!value || joined.size() + value->size() > longest_value) return std::nullopt;
            if (i > 0) joined += ':';
            joined += *value;
        }
        out += part.as == form::base64 ? base64_of(joined) : part.as == form::json ? json_of(joined) : joined;
        if (out.size() > longest_value) return std::nullopt;
    }
    return out;
}

}  // namespace latchkey::pipelines
