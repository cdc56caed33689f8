// SPDX-License-Identifier: Apache-2.0
//
// EMAIL with the real program, through a mail server on this machine that asks for a password.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

said run_email(const session& s, const std::string& keys, const std::string& variables = "") {
    s.write("buddy.yml",
            "- pipeline: p\n" + variables + "  actions:\n    - action: Tell\n      type: EMAIL\n" + keys);
    return s.latchkey({"run", "--secret-file", "secrets"});
}

std::string log_of(const session& s, const std::string& run) {
    return s.latchkey({"logs", run}).out;
}

// The server as variables of the pipeline, the password as a secret one.
std::string by_variables(const std::string& port, const std::string& more = "") {
    return "  variables:\n    - {key: SMTP_HOST, value: 127.0.0.1}\n    - {key: SMTP_PORT, value: '" + port +
           "'}\n    - {key: SMTP_FROM, value: ci@acme.test}\n    - {key: SMTP_USERNAME, value: ana}\n"
           "    - {key: SMTP_PASSWORD, encrypted: true}\n" +
           more;
}

void write_secrets(const session& s, const std::string& password) {
    s.write("secrets", "SMTP_PASSWORD=" + password + "\n");
    std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
}

// What the sink was sent, decoded by Python's own reader of mails.
std::string decoded(const session& s, const server& sink, const std::string& expression) {
    const std::string script =
        "import email, email.policy, json, sys\n"
        "all = [json.loads(l) for l in open('" +
        (sink.folder() / "messages").string() +
        "')]\n"
        "sent = all[-1]\n"
        "mail = email.message_from_string(sent['text'], policy=email.policy.default)\n"
        "parts = [p for p in mail.walk() if not p.is_multipart()]\n"
        "print((" +
        expression + "))\n";
    const said done = s.program({"/usr/bin/python3", "-c", script});
    return done.out;
}

}  // namespace

TEST_SUITE("cli.native_mail") {
    TEST_CASE(
        "EMAIL by an integration: denied without the permission, sent after the grant, with all that belongs to it") {
        const server sink("runner/native/servers/smtp_sink.py");
        const session s;
        write_secrets(s, "unused word");
        s.write("host", "127.0.0.1");
        s.write("port", sink.port());
        s.write("from", "ci@acme.test");
        s.write("user", "ana");
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "mail", "--type", "SMTP", "--field", "host=@host", "--field",
                        "port=@port", "--field", "from=@from", "--field", "username=@user", "--field", "password=-"},
                       "pass word 0123\n")
                .code,
            0);
        s.write("report.txt", "all green\n");
        const std::string keys =
            "      integration: mail\n      title: 'Größe: run $BUDDY_RUN_ID'\n      from_name: 'Ana Müller'\n"
            "      recipients: |\n        bob@acme.test Bob Smith\n        Carl <carl@acme.test>, dora@acme.test\n"
            "      content: |\n        Hëllo,\n        .\n        it is done.\n      file_attachments: "
            "['fs:///report.txt']\n";
        CHECK_EQ(run_email(s, keys).code, 4);
        const said retried = s.latchkey({"retry", "1", "--grant", "--secret-file", "secrets"});
        CAPTURE(retried.out);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(retried.code, 0);
        CHECK_EQ(decoded(s, sink, "sent['from'], sent['to'], len(all)"),
                 "('ci@acme.test', ['bob@acme.test', 'carl@acme.test', 'dora@acme.test'], 1)\n");
        CHECK_EQ(decoded(s, sink, "[str(mail[k]) for k in ('Subject', 'From', 'To')]"),
                 "['Größe: run 1', 'Ana Müller <ci@acme.test>', 'bob@acme.test, carl@acme.test, dora@acme.test']\n");
        CHECK_EQ(decoded(s, sink, "[p.get_content_type() for p in parts]"), "['text/plain', 'text/plain']\n");
        CHECK_EQ(decoded(s, sink, "repr(parts[0].get_content())"), "'Hëllo,\\r\\n.\\r\\nit is done.\\r\\n'\n");
        CHECK_EQ(decoded(s, sink, "parts[1].get_filename(), parts[1].get_content()"),
                 "('report.txt', 'all green\\n')\n");
        CHECK(has(log_of(s, "1"), "sent to 3 recipients through 127.0.0.1"));
        const std::string processes = read_file(sink.folder() / "processes");
        REQUIRE(has(processes, "latchkey-native"));
        for (const std::string secret : {"pass word 0123", "cGFzcyB3b3JkIDAxMjM", "AGFuYQBwYXNzIHdvcmQgMDEyMw"}) {
            CHECK_FALSE(has(processes, secret));
            CHECK_FALSE(has(log_of(s, "1"), secret));
            CHECK(s.files_with(secret).empty());
        }
        CHECK_EQ(s.program({"/bin/sh", "-c", "grep -rl 'pass word 0123' . || true"}).out, "");
    }

    TEST_CASE("EMAIL by variables: as HTML, over STARTTLS with a certificate that is checked") {
        const server sink("runner/native/servers/smtp_sink.py");
        const session s;
        write_secrets(s, "pass word 0123");
        const std::string keys =
            "      title: Done\n      recipients: bob@acme.test\n      content: '<b>done</b>'\n      send_as_html: "
            "true\n";
        const auto over_tls = [&](const std::string& trust) {
            return run_email(
                s, keys,
                "  variables:\n    - {key: SMTP_HOST, value: localhost}\n    - {key: SMTP_PORT, value: '" +
                    read_file(sink.folder() / "starttls") +
                    "'}\n    - {key: SMTP_SECURITY, value: starttls}\n    - {key: SMTP_FROM, value: ci@acme.test}\n"
                    "    - {key: SMTP_USERNAME, value: ana}\n    - {key: SMTP_PASSWORD, encrypted: true}\n" +
                    trust);
        };
        CHECK_EQ(over_tls("").code, 1);
        CHECK(has(log_of(s, "1"), "certificate"));
        CHECK_FALSE(std::filesystem::exists(sink.folder() / "messages"));
        const said sent =
            over_tls("    - {key: SSL_CERT_FILE, value: " + (sink.folder() / "certificate").string() + "}\n");
        CAPTURE(log_of(s, "2"));
        CHECK_EQ(sent.code, 0);
        CHECK_EQ(decoded(s, sink, "sent['tls'], parts[0].get_content_type(), parts[0].get_content()"),
                 "(True, 'text/html', '<b>done</b>')\n");
    }

    TEST_CASE("EMAIL: a wrong password is said without it, and none goes to another machine without TLS") {
        const server sink("runner/native/servers/smtp_sink.py");
        const session s;
        write_secrets(s, "wrong word 99");
        const std::string keys = "      title: Done\n      recipients: bob@acme.test\n      content: x\n";
        CHECK_EQ(run_email(s, keys, by_variables(sink.port())).code, 1);
        CHECK(has(log_of(s, "1"), "the message can't be sent through 127.0.0.1: "));
        CHECK_FALSE(has(log_of(s, "1"), "wrong word 99"));
        CHECK_EQ(run_email(s, keys,
                           by_variables(sink.port(),
                                        "    - {key: SMTP_HOST, value: mail.acme.test}\n    - {key: "
                                        "SMTP_SECURITY, value: none}\n"))
                     .code,
                 1);
        CHECK(has(log_of(s, "2"), "a password does not go to mail.acme.test without TLS"));
        CHECK_FALSE(std::filesystem::exists(sink.folder() / "messages"));
    }

    TEST_CASE("EMAIL: line ends make no headers, and what is no address, file or server is named") {
        const server sink("runner/native/servers/smtp_sink.py");
        const session s;
        write_secrets(s, "pass word 0123");
        auto refused = [&, run = 0](const std::string& keys, const std::string& variables) mutable {
            CHECK_EQ(run_email(s, keys + "      content: x\n", variables).code, 1);
            return log_of(s, std::to_string(++run));
        };
        const std::string there = by_variables(sink.port());
        const std::string to = "      recipients: bob@acme.test\n";
        CHECK(
            has(refused(to + "      title: \"Done\\r\\nBcc: eve@evil.test\"\n", there), "`title` holds a line end"));
        CHECK(has(refused(to + "      title: T\n      from_name: \"A\\nBcc: eve@evil.test\"\n", there),
                  "`from_name` holds a line end"));
        CHECK(has(refused("      title: T\n      recipients: \"bob@acme.test\\n<eve>\"\n", there),
                  "`recipients` has a line without an address"));
        CHECK(has(refused("      title: T\n      recipients: ''\n      send_to_groups: [Managers]\n", there),
                  "send_to_groups"));
        CHECK(has(refused(to + "      title: T\n      file_attachments: ['../../etc/passwd']\n", there),
                  "not in the workspace"));
        CHECK(has(refused(to + "      title: T\n      file_attachments: [nothing]\n", there),
                  "is no file of the workspace"));
        CHECK(has(refused(to + "      title: T\n", "  variables:\n    - {key: SMTP_PASSWORD, encrypted: true}\n"),
                  "no mail server is named"));
        CHECK_FALSE(std::filesystem::exists(sink.folder() / "messages"));
    }
}
