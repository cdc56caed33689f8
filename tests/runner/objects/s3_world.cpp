// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/objects/s3_world.hpp"

#include "tests/support/server.hpp"

namespace latchkey::test {

namespace {

const server& running() {
    static const server one("runner/objects/radosgw.sh");
    return one;
}

}  // namespace

std::string s3_url(const std::string& prefix) {
    return "s3://logs/" + prefix + "?endpoint=http://127.0.0.1:" + running().port() + "&region=us-east-1";
}

std::filesystem::path s3_login_file() {
    return running().folder() / "login";
}

std::unique_ptr<objects::object_store> s3_bucket(const std::string& prefix) {
    return objects::make_s3_objects(objects::read_s3_url(s3_url(prefix)).value(),
                                    objects::read_s3_login_file(s3_login_file()).value());
}

}  // namespace latchkey::test
