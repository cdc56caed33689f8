# SPDX-License-Identifier: Apache-2.0
"""A container engine of the benchmark's own, and what the engine itself takes for a container: create, start, wait,
remove, each asked over its socket by one connection."""
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support/engine.sh")
IMAGE = "localhost/latchkey-test:1"


class unix_connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class engine:
    """Ended with `close`. Raises where it does not start: it needs root."""

    def __init__(self, kind):
        self.folder = tempfile.mkdtemp(prefix="latchkey-bench-engine-")
        self.socket = os.path.join(self.folder, f"{kind}.sock")
        with open(os.path.join(self.folder, "log"), "w") as log:
            self.process = subprocess.Popen([SCRIPT, kind, self.folder], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{kind} did not start: " + open(os.path.join(self.folder, "log")).read()[-500:])
            time.sleep(0.05)
        self.connection = unix_connection(self.socket)
        archive = subprocess.run([SCRIPT, "image"], stdout=subprocess.PIPE, check=True).stdout
        self.ask("POST", f"/v1.41/images/create?fromSrc=-&repo={IMAGE}", archive, "application/x-tar")

    def answers(self):
        try:
            connection = unix_connection(self.socket)
            connection.request("GET", "/_ping")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, content="application/json"):
        self.connection.request(method, path, body, {"Content-Type": content} if body else {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return text

    def container(self):
        """One container from its creation to its removal: seconds."""
        start = time.perf_counter()
        spec = {"Image": IMAGE, "Entrypoint": ["/bin/sh"], "Cmd": ["-c", "true"]}
        identity = json.loads(self.ask("POST", "/v1.41/containers/create", json.dumps(spec)))["Id"]
        self.ask("POST", f"/v1.41/containers/{identity}/start")
        self.ask("POST", f"/v1.41/containers/{identity}/wait")
        self.ask("DELETE", f"/v1.41/containers/{identity}?force=1&v=1")
        return time.perf_counter() - start

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        # What an engine leaves mounted would keep its folder.
        mounts = [line.split()[1] for line in open("/proc/self/mounts")]
        for point in sorted((m for m in mounts if m.startswith(self.folder + "/")), reverse=True):
            subprocess.run(["umount", "-l", point], check=False)
        subprocess.run(["rm", "-rf", self.folder], check=False)
