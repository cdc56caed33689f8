// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_answer.hpp"
#include "runner/objects/s3_login.hpp"
#include "runner/objects/s3_place.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using objects::read_s3_list;
using objects::read_s3_login;
using objects::read_s3_url;

TEST_SUITE("objects.s3_place") {
    TEST_CASE("a bucket, what keys begin with, a server and a region") {
        const auto p = read_s3_url("s3://logs/ci/main/?endpoint=https://s3.acme.test:9000/&region=eu-west-1").value();
        CHECK_EQ(p.bucket, "logs");
        CHECK_EQ(p.prefix, "ci/main/");
        CHECK_EQ(p.endpoint, "https://s3.acme.test:9000");
        CHECK_EQ(p.region, "eu-west-1");
        CHECK_EQ(objects::name_of(p), "s3://logs/ci/main at s3.acme.test:9000");
        const auto bare = read_s3_url("s3://my.logs?endpoint=https%3A%2F%2Fs3.acme.test").value();
        CHECK_EQ(bare.prefix, "");
        CHECK_EQ(bare.region, "us-east-1");
        CHECK_EQ(objects::name_of(bare), "s3://my.logs at s3.acme.test");
        CHECK(read_s3_url("s3://logs?endpoint=http://127.0.0.1:9000").has_value());
        CHECK(read_s3_url("s3://logs?endpoint=http://[::1]:9000").has_value());
    }

    TEST_CASE("anything else is refused: no login, no path, no plain text to other machines") {
        for (const char* url : {"",
                                "s3://",
                                "s3:logs",
                                "http://logs",
                                "s3://logs",
                                "s3://lo?endpoint=https://a.test",
                                "s3://Logs?endpoint=https://a.test",
                                "s3://..a..b?endpoint=https://a.test",
                                "s3://key:secret@logs?endpoint=https://a.test",
                                "s3://logs?endpoint=https://key@a.test",
                                "s3://logs?endpoint=https://a.test/path",
                                "s3://logs?endpoint=ftp://a.test",
                                "s3://logs?endpoint=https://",
                                "s3://logs?endpoint=http://a.test",
                                "s3://logs?endpoint=http://127.0.0.1.a.test",
                                "s3://logs?endpoint=http://localhost@a.test",
                                "s3://logs/../x?endpoint=https://a.test",
                                "s3://logs//x?endpoint=https://a.test",
                                "s3://logs?endpoint=https://a.test&key=x",
                                "s3://logs?endpoint=https://a.test&region=a:b",
                                "s3://logs?endpoint=https://a.test&region=",
                                "s3://logs?endpoint=https://a.test&x",
                                "s3://logs?endpoint=https://a.test%0d%0aX:%20y",
                                "s3://logs?endpoint=https://a.test%2"}) {
            CAPTURE(url);
            CHECK(read_s3_url(url).has_error());
        }
    }

    TEST_CASE("what is signed is encoded one way only") {
        CHECK_EQ(objects::s3_encoded("a/b c+~%", true), "a/b%20c%2B~%25");
        CHECK_EQ(objects::s3_encoded("a/b", false), "a%2Fb");
        CHECK_EQ(objects::s3_decoded("a%2Fb%20c").value(), "a/b c");
        CHECK(objects::s3_decoded("%").has_error());
        CHECK(objects::s3_decoded("%g0").has_error());
    }
}

TEST_SUITE("objects.s3_login") {
    TEST_CASE("the file that other programs have, too") {
        const auto l = read_s3_login(
                           "# mine\n[other]\naws_access_key_id = X\naws_secret_access_key = Y\n[default]\r\n"
                           "aws_access_key_id = AKID\r\naws_secret_access_key=se/cr+et=\nregion = eu\n"
                           "aws_session_token = t")
                           .value();
        CHECK_EQ(l.key_id, "AKID");
        CHECK_EQ(l.key.reveal(), "se/cr+et=");
        CHECK_EQ(l.session.reveal(), "t");
        CHECK(read_s3_login("aws_access_key_id=a\naws_secret_access_key=b").value().session.empty());
    }

    TEST_CASE("half a login is none, and no complaint shows it") {
        for (const char* text : {"", "aws_access_key_id=a", "aws_secret_access_key=sEcReT",
                                 "[x]\naws_access_key_id=a\naws_secret_access_key=sEcReT", "sEcReT",
                                 "aws_access_key_id=a:b\naws_secret_access_key=sEcReT",
                                 "aws_access_key_id=a\naws_secret_access_key=sEcReT x"}) {
            CAPTURE(text);
            const auto l = read_s3_login(text);
            REQUIRE(l.has_error());
            CHECK(l.error().what.find("sEcReT") == std::string::npos);
        }
    }

    TEST_CASE("a file that others can read is refused") {
        const test::temp_dir folder;
        const auto file = folder / "login";
        test::write_file(file, "aws_access_key_id=a\naws_secret_access_key=b\n");
        std::filesystem::permissions(file, std::filesystem::perms(0640));
        CHECK(objects::read_s3_login_file(file).error().code == errc::refused);
        std::filesystem::permissions(file, std::filesystem::perms(0600));
        CHECK_EQ(objects::read_s3_login_file(file).value().key_id, "a");
        CHECK(objects::read_s3_login_file(folder / "none").error().code == errc::not_found);
        CHECK(objects::read_s3_login_file(folder.path()).error().code == errc::io);
    }
}

TEST_SUITE("objects.s3_answer") {
    TEST_CASE("a list, as a server writes it") {
        const auto list =
            read_s3_list(
                R"(<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><Name>logs</Name><Prefix>ci/</Prefix><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated><Contents><Key>ci%2Flogs%2F1</Key><LastModified>2026-11-25T15:29:25.691Z</LastModified><ETag>&quot;ba4d&quot;</ETag><Size>3000000</Size></Contents><Contents><Key>ci%2Fa%20b%26</Key><Size>0</Size></Contents><KeyCount>2</KeyCount></ListBucketResult>)")
                .value();
        CHECK(list.cut);
        REQUIRE_EQ(list.objects.size(), 2);
        CHECK_EQ(list.objects[0].key, "ci/logs/1");
        CHECK_EQ(list.objects[0].size, 3'000'000);
        CHECK_EQ(list.objects[1].key, "ci/a b&");
        const auto none =
            read_s3_list("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>").value();
        CHECK(none.objects.empty());
        CHECK_FALSE(none.cut);
    }

    TEST_CASE("what is no list is never an empty one") {
        for (const char* text :
             {"", "{}", "<html>", "<Error><Code>X</Code></Error>", "<ListBucketResult></ListBucketResult>",
              "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
              "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
              "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></"
              "ListBucketResult>",
              "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents></"
              "ListBucketResult>",
              "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents></"
              "ListBucketResult>",
              "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>%z</"
              "Key><Size>1</Size></Contents></ListBucketResult>"}) {
            CAPTURE(text);
            CHECK(read_s3_list(text).has_error());
        }
    }

    TEST_CASE("an error: its code and its words, in one line") {
        const auto e =
            objects::read_s3_error("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no\n\x1b[31m" +
                                   std::string(500, 'x') + "</Message></Error>");
        CHECK_EQ(e.code, "AccessDenied");
        CHECK_EQ(e.message.size(), 200);
        CHECK(e.message.find_first_of("\n\x1b") == std::string::npos);
        CHECK(objects::read_s3_error("<html>busy</html>").code.empty());
        CHECK(objects::read_s3_error("").code.empty());
    }
}
