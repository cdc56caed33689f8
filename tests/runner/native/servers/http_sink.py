#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on 127.0.0.1 that keeps what it is sent: http_sink.py FOLDER. Writes its port to FOLDER/port, and each
request (method, path, headers, body) as a JSON line to FOLDER/requests. /status/N answers N, /refuse says {"ok":false}, /hang nothing at
all, /huge 2 MB, /close ends the connection,
/flaky-N/ answers 503 the first N times, /answers-N/ always N, and so on for the services that it stands in for."""
import http.server
import json
import os
import re
import sys
import threading

asked = {}
folder = sys.argv[1]


class Sink(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with open(os.path.join(folder, "requests"), "a") as out:
            out.write(json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}) + "\n")
        parts = self.path.split("?")[0].split("/")
        status = int(parts[2]) if len(parts) > 2 and parts[1] == "status" else 200
        if parts[1] == "hang":
            threading.Event().wait()
        if parts[1] == "close":
            self.close_connection = True
            return
        asked[self.path] = asked.get(self.path, 0) + 1
        flaky = re.search("/flaky-([0-9]+)/", self.path)
        if flaky and asked[self.path] <= int(flaky.group(1)):
            status = 503
        always = re.search("/answers-([0-9]+)/", self.path)
        status = int(always.group(1)) if always else status
        well = "/refuse" not in self.path
        said = json.dumps({"ok": well, "success": well, "error": "channel_not_found",
                           "data": [{"name": "Sign in", "passing": well}, {"name": "Pay", "passing": True}]}).encode()
        said = b"x" * 2000000 if parts[1] == "huge" else said
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "file:///etc/passwd")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
