# SPDX-License-Identifier: Apache-2.0
"""Measures the server: requests against those of a bare Beast server in turn, with server and load on the same
processors; its memory when it is idle and when much is stored; how long list pages take."""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import time
import urllib.request

OWNER = ["--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file"]


class server:
    """`latchkey server` on a free port; ended with this block."""

    def __init__(self, program, folder, env):
        self.program, self.folder, self.env = program, folder, env
        self.token_file = os.path.join(folder, "token")

    def __enter__(self):
        more = [] if os.path.exists(self.token_file) else [*OWNER, self.token_file]
        self.child = subprocess.Popen([self.program, "server", "--listen", "127.0.0.1:0", "--rate-limit", "1000000000",
                                       "--data", os.path.join(self.folder, "data"), *more], cwd=self.folder, env=self.env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.child.stdout:
            if found := re.search(r"serves at (\S+)", line):
                self.url = found.group(1)
                break
        else:
            raise RuntimeError("the server did not start")
        self.token = open(self.token_file, encoding="utf-8").read().strip()
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def memory(self):
        """Resident, in MB."""
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def time_of(self, path, rounds):
        self.ask("GET", path)
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            self.ask("GET", path)
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000


def load(url, seconds, token=""):
    """Requests a second."""
    said = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-H", "Authorization: Bearer " + token, url], check=True,
                          capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))


def fill(database, runs, integrations):
    """As many copies of the first run and the first integration as are wanted."""
    with sqlite3.connect(database) as db:
        def copy(table, count, **changed):
            columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(changed.get(c, c) for c in columns)
            db.execute(f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) INSERT INTO {table} "
                       f"({', '.join(columns)}) SELECT {values} FROM {table}, n WHERE "
                       f"{'run = 1 AND number = 1' if table == 'attempts' else 'id = 1'}")
        copy("runs", runs, id="i", number="i")
        copy("attempts", runs, run="i")
        db.execute(f"UPDATE projects SET runs = {runs}")
        copy("integrations", integrations, id="i", hash_id="printf('%024x', i)", identifier="identifier || i",
             identifier_folded="identifier_folded || i", name="name || i")
    db.close()


def measure(b):
    """Adds rows to the table of whole.py's bench."""
    rounds, seconds = (1, 2) if b.short else (5, 4)
    folder = os.path.join(b.root, "server")
    os.makedirs(folder)
    env = b.env()
    with server(b.latchkey, folder, env) as s:
        idle = s.memory()
        made = s.ask("POST", "/workspaces/acme/integrations", {"name": "Releases", "type": "GIT_HUB", "scope": "WORKSPACE", "token": "x"})
        s.ask("POST", "/workspaces/acme/projects", {"name": "web", "display_name": "web"})
        line = s.ask("POST", "/workspaces/acme/projects/web/pipelines",
                     {"name": "build", "yaml": "- pipeline: build\n  actions:\n    - {action: One, type: BUILD, execute_commands: ['true']}\n"})
        pipeline = f"/workspaces/acme/projects/web/pipelines/{line['id']}"
        s.ask("POST", pipeline + "/executions", {"comment": "x"})
        while s.ask("GET", pipeline + "/executions/1")["finish_date"] is None:
            time.sleep(0.01)
        hello = subprocess.Popen([os.path.join(b.build, "tests/bench/bench_beast_hello")], stdout=subprocess.PIPE, text=True)
        try:
            bare = f"http://127.0.0.1:{hello.stdout.readline().strip()}/"
            one = s.url + "/workspaces/acme/integrations/" + made["hash_id"]
            pairs = [(load(one, seconds, s.token), load(bare, seconds)) for _ in range(rounds + 1)][1 if rounds > 1 else 0:]
        finally:
            hello.kill()
            hello.wait()
        ratio = statistics.median(x / y for x, y in pairs)
        b.rows.append(["`GET` of one integration, against a bare Beast server that says hello", f"{ratio:.2f} ×",
                       f"{statistics.median(x for x, _ in pairs) / 1000:.1f} k/s against {statistics.median(y for _, y in pairs) / 1000:.1f} k/s", "≥ 0.5 ×"])
        b.rows.append(["memory of the idle server", f"{idle:.1f} MB", f"after the load {s.memory():.1f} MB", "≤ 40 MB"])
    runs, integrations = (10_000, 1_000) if b.short else (100_000, 10_000)
    fill(os.path.join(folder, "data/latchkey.db"), runs, integrations)
    with server(b.latchkey, folder, env) as s:
        times = {path: s.time_of(path, 3 if b.short else 20)
                 for path in (pipeline + "/executions?page=1&per_page=20", pipeline + f"/executions?page={runs // 40}&per_page=20",
                              "/workspaces/acme/integrations?page=1&per_page=20",
                              f"/workspaces/acme/integrations?page={integrations // 40}&per_page=20", "/workspaces/acme/integrations")}
        if os.environ.get("LATCHKEY_BENCH_PAGES"):
            print(json.dumps(times, indent=2))
        b.rows.append([f"list pages of 20 with {runs // 1000} k runs and {integrations // 1000} k integrations stored, the slowest",
                       f"{max(times.values()):.1f} ms", "first and middle pages of executions and integrations", "≤ 50 ms"])
        b.rows.append(["memory of the server with them, after these", f"{s.memory():.1f} MB", "", "≤ 120 MB"])
