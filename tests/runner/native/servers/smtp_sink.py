#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server on 127.0.0.1 that keeps what it is sent: smtp_sink.py FOLDER. It takes mail from ana with the password
"pass word 0123" only. Each message is a JSON line (from, to, login, tls, text) of FOLDER/messages, with what all processes'
arguments were then in FOLDER/processes. Its port is in FOLDER/port; that of the same with STARTTLS, which it demands, in
FOLDER/starttls, its certificate, for `localhost`, in FOLDER/certificate."""
import asyncio
import json
import os
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = sys.argv[1]
key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
               check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Sink:
    async def handle_DATA(self, server, session, envelope):
        with open(os.path.join(folder, "processes"), "ab") as out:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as line:
                        out.write(line.read().replace(b"\0", b" ") + b"\n")
                except OSError:
                    pass
        with open(os.path.join(folder, "messages"), "a") as out:
            out.write(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                                  "text": envelope.content.decode("utf-8", "replace")}) + "\n")
        return "250 kept"


def check(server, session, envelope, mechanism, data):
    good = mechanism in ("LOGIN", "PLAIN") and data.login == b"ana" and data.password == b"pass word 0123"
    return AuthResult(success=good)


async def listen():
    loop = asyncio.get_running_loop()
    for name, options in (("starttls", {"tls_context": context, "require_starttls": True}), ("port", {"auth_require_tls": False})):
        server = await loop.create_server(
            lambda options=options: SMTP(Sink(), authenticator=check, auth_required=True, **options), "127.0.0.1", 0)
        with open(os.path.join(folder, name + ".new"), "w") as out:
            out.write(str(server.sockets[0].getsockname()[1]))
        os.rename(os.path.join(folder, name + ".new"), os.path.join(folder, name))
    await asyncio.Event().wait()


asyncio.run(listen())
