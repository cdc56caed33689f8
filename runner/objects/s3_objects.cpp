// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_objects.hpp"

#include "runner/objects/object_key.hpp"
#include "runner/objects/s3_answer.hpp"
#include "runner/objects/s3_request.hpp"

#include <algorithm>

namespace latchkey::objects {

namespace {

// As many as a server gives at once.
constexpr std::size_t most_at_once = 1000;

class s3_objects final : public object_store {
public:
    s3_objects(s3_place place, s3_login login)
        : client_(std::move(place), std::move(login)), name_(name_of(client_.place())) {}

    const std::string& place() const override { return name_; }

    result<std::uint64_t> put(const std::string& key, const std::filesystem::path& file) override {
        if (!is_object_key(key)) return no_key(key);
        auto body = object_file::open(file);
        if (!body) return body.error();
        auto said = client_.send({.how = s3_request::method::put, .key = full(key), .body = &*body});
        if (!said) return said.error();
        if (said->status != 200) return refusal("PUT", key, *said);
        return body->size();
    }

    result<std::string> get(const std::string& key, std::uint64_t from, std::size_t most) override {
        if (!is_object_key(key)) return no_key(key);
        if (most == 0) return std::string();
        const std::string range = std::to_string(from) + "-" + std::to_string(from + most - 1);
        auto said = client_.send({.how = s3_request::method::get, .key = full(key), .range = range, .most = most});
        if (!said) return said.error();
        if (said->status == 206) return std::move(said->body);
        // Nothing is there, that far.
        if (said->status == 416) return std::string();
        // Who does not know of ranges gives all, and is not believed that it begins there.
        if (said->status == 200 && from == 0 && said->body.size() <= most) return std::move(said->body);
        if (said->status == 404 && read_s3_error(said->body).code == "NoSuchKey")
            return failure(errc::not_found, "there is no " + key + " in " + name_);
        return refusal("GET", key, *said);
    }

    result<void> remove(const std::string& key) override {
        if (!is_object_key(key)) return no_key(key);
        auto said = client_.send({.how = s3_request::method::remove, .key = full(key)});
        if (!said) return said.error();
        if (said->status == 204 || said->status == 200) return {};
        if (said->status == 404 && read_s3_error(said->body).code == "NoSuchKey") return {};
        return refusal("DELETE", key, *said);
    }

    result<std::vector<object>> list(const std::string& prefix, const std::string& after, std::size_t most) override {
        if (!is_key_prefix(prefix) || !(after.empty() || is_object_key(after))) return no_key_prefix(prefix);
        std::vector<object> found;
        std::string last = after;
        while (found.size() < most) {
            s3_request r{.how = s3_request::method::get, .most = longest_s3_answer};
            r.query = {{"list-type", "2"},
                       {"encoding-type", "url"},
                       {"prefix", full(prefix)},
                       {"max-keys", std::to_string(std::min(most - found.size(), most_at_once))}};
            if (!last.empty()) r.query.emplace_back("start-after", full(last));
            auto said = client_.send(r);
            if (!said) return said.error();
            if (said->status != 200) return refusal("GET", "a list", *said);
            auto some = read_s3_list(said->body);
            if (!some) return failure(some.error().code, name_ + ": " + some.error().what);
            for (object& o : some->objects) {
                if (!o.key.starts_with(full(prefix)) || o.key <= full(last))
                    return failure(errc::corrupt, name_ + ": a list of objects holds others than were asked for");
                o.key.erase(0, client_.place().prefix.size());
                last = o.key;
                // What others keep there is none of ours.
                if (is_object_key(o.key)) found.push_back(std::move(o));
            }
            if (!some->cut) break;
        }
        if (found.size() > most) found.resize(most);
        return found;
    }

    void cut() override { client_.cut(); }

private:
    std::string full(const std::string& key) const { return client_.place().prefix + key; }

    failure refusal(const char* method, const std::string& key, const s3_response& said) const {
        const s3_error why = read_s3_error(said.body);
        std::string text = name_ + " answers " + std::to_string(said.status) + " to " + method + " " + key;
        if (!why.code.empty()) text += ": " + why.code;
        if (!why.message.empty()) text += " (" + why.message + ")";
        return {errc::io, std::move(text)};
    }

    s3_client client_;
    std::string name_;
};

}  // namespace

std::unique_ptr<object_store> make_s3_objects(s3_place place, s3_login login) {
    return std::make_unique<s3_objects>(std::move(place), std::move(login));
}

}  // namespace latchkey::objects
