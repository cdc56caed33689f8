#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Git over HTTP on 127.0.0.1, by git's own http-backend: git_server.py FOLDER. Serves FOLDER/repos/there.git to ana, and to
x-access-token, with the password "pass word 0123". Each request leaves what all processes' arguments are in FOLDER/processes, and their environments in
FOLDER/environments. /moved/… redirects to another host's name, /cut/… ends in the middle of what it sends of a pack, /hang/… sends
nothing. Writes its port to FOLDER/port."""
import base64
import http.server
import os
import subprocess
import sys
import threading

folder = sys.argv[1]
repos = os.path.join(folder, "repos")
subprocess.run(["git", "init", "--quiet", "--bare", os.path.join(repos, "there.git")], check=True)
subprocess.run(["git", "-C", os.path.join(repos, "there.git"), "config", "http.receivepack", "true"], check=True)
# A service's own name goes with a token.
logins = ["Basic " + base64.b64encode(user + b":pass word 0123").decode() for user in (b"ana", b"x-access-token")]


def note_processes():
    for what, name in (("cmdline", "processes"), ("environ", "environments")):
        with open(os.path.join(folder, name), "ab") as out:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/{what}", "rb") as line:
                        out.write(line.read().replace(b"\0", b" ") + b"\n")
                except OSError:
                    pass


class Git(http.server.BaseHTTPRequestHandler):
    def chunks(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self):
        note_processes()
        path, _, query = self.path.partition("?")
        body = self.chunks()
        with open(os.path.join(folder, "logins"), "a") as out:
            out.write(f"{self.headers.get('Host')} {self.headers.get('Authorization')}\n")
        if path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}{self.path[6:]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        cut = path.startswith("/cut/")
        if cut:
            path = path[4:]
        if path.startswith("/hang/"):
            threading.Event().wait()
        if self.headers.get("Authorization") not in logins:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        done = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, check=True, env={
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": repos, "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "ana",
            "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")})
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [line.decode().split(": ", 1) for line in head.split(b"\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        # A list of refs is short; a pack comes after one.
        self.wfile.write(rest[:len(rest) // 2] if cut and b"PACK" in rest else rest)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Git)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
