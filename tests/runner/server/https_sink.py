#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A service over TLS on 127.0.0.1, for `localhost`: https_sink.py FOLDER. It takes the credential `good` in PRIVATE-TOKEN, and says 401 to any
other; its answer repeats what it was shown, as a hostile one may. Its certificate is FOLDER/certificate; writes its port to FOLDER/port, and
each request (method, path, headers) as a JSON line to FOLDER/requests."""
import http.server
import json
import os
import ssl
import subprocess
import sys

folder = sys.argv[1]
key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
               check=True, stderr=subprocess.DEVNULL)


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(os.path.join(folder, "requests"), "a") as out:
            out.write(json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers)}) + "\n")
        shown = self.headers.get("PRIVATE-TOKEN", "")
        said = json.dumps({"shown": shown, "username": "root"}).encode()
        self.send_response(200 if shown == "good" else 401)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
