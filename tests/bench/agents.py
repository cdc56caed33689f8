#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What agents cost: `agents.py RELEASE_BUILD_FOLDER` measures claims of work against a bare SKIP LOCKED script of pgbench on
the same PostgreSQL, how claims slow down with what is stored, what agents that wait cost the server, and how long a run
waits for one. Prints a line each. Needs PostgreSQL's programs."""
import glob
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import server as server_bench

CLAIM = """begin;
update jobs set state = 1, lease_until = 1 where id = (select id from jobs where state = 0 order by id for update skip locked limit 1);
commit;
begin;
update jobs set state = 3 where id = (select id from jobs where state = 1 order by id for update skip locked limit 1);
commit;
"""


def run(*words, env=None, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, env=env, **more).stdout


class postgres:
    """A PostgreSQL of its own below a folder, reached by a socket in it; it writes to the disk as usual."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []

    def __enter__(self):
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        data = os.path.join(self.folder, "pg")
        run(*self.user, f"{self.bin}/initdb", "-A", "trust", "-U", "bench", "-D", data, cwd=self.folder)
        run(*self.user, f"{self.bin}/pg_ctl", "-D", data, "-w", "-l", f"{self.folder}/log", "-o",
            f"-c listen_addresses='' -c unix_socket_directories={self.folder}", "start", cwd=self.folder)
        return self

    def __exit__(self, *_):
        run(*self.user, f"{self.bin}/pg_ctl", "-D", os.path.join(self.folder, "pg"), "-m", "fast", "stop", cwd=self.folder)

    def database(self, name):
        run(f"{self.bin}/createdb", "-h", self.folder, "-U", "bench", name)
        return f"postgresql://bench@/{name}?host={self.folder}"

    def bare_claims(self, count):
        """Of one client, as the server has one writer."""
        self.database("bare")
        psql = [f"{self.bin}/psql", "-q", "-h", self.folder, "-U", "bench", "bare", "-c"]
        run(*psql, "create table jobs (id bigint primary key, state int not null, lease_until bigint not null default 0)")
        run(*psql, "create index on jobs (state, id) where state < 3")
        run(*psql, f"insert into jobs select g, 0 from generate_series(1, {count}) g")
        script = os.path.join(self.folder, "claim.sql")
        with open(script, "w", encoding="utf-8") as to:
            to.write(CLAIM)
        said = run(f"{self.bin}/pgbench", "-n", "-h", self.folder, "-U", "bench", "-f", script, "-t", str(count), "bare")
        return float(re.search(r"tps = ([0-9.]+)", said).group(1))


def fill(file, rows):
    with sqlite3.connect(file) as to:
        to.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO agent_work (run, attempt, rank, "
                   "pool, cpu, tags, state, agent, lease, fence, lease_until, created_at) SELECT i, 1, 1, '', '', '', 3, 1, 'x', 1, 0, 0 FROM n",
                   (rows,))


def main():
    build = os.path.abspath(sys.argv[1])
    bench = os.path.join(build, "tests/bench/bench_agents")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        own = os.path.join(folder, "own")
        os.mkdir(own)
        with postgres(own) as pg:
            ratios = []
            ours = bare = 0.0
            for i in range(3):
                bare = pg.bare_claims(1000) if i == 0 else bare
                ours = float(run(bench, "claims", pg.database(f"ours{i}"), "1000"))
                ratios.append(ours / bare)
        print(f"claims on PostgreSQL: {ours:.0f}/s, {statistics.median(ratios):.2f} x of bare SKIP LOCKED ({bare:.0f}/s)")

        before = 0
        for rows in (1_000, 10_000, 100_000, 1_000_000):
            file = os.path.join(folder, "growth.db")
            run(bench, "claims", "sqlite:" + file, "1")
            fill(file, rows - before)
            before = rows
            print(f"claims on SQLite with {rows} stored: {float(run(bench, 'claims', 'sqlite:' + file, '300')):.0f}/s")

        program = os.path.join(build, "runner/latchkey")
        env = {"PATH": os.environ["PATH"], "HOME": folder, "LATCHKEY_SERVER_AGENTS": "only"}
        with server_bench.server(program, folder, env) as s:
            env["LATCHKEY_TOKEN"] = s.token
            port = s.url.rsplit(":", 1)[1]
            memory, processor = run(bench, "idle", port, "1000", "60", str(s.child.pid), env=env).split()
            print(f"1000 agents that wait: {memory} KB each on the server, {processor} % of a core")
            s.ask("POST", "/workspaces/acme/projects", {"display_name": "Web"})
            made = s.ask("POST", "/workspaces/acme/projects/web/pipelines",
                         {"name": "p", "yaml": "- pipeline: p\n  concurrent_pipeline_runs: true\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n"})
            median, p99 = run(bench, "wait", port, "120", "100", f"/workspaces/acme/projects/web/pipelines/{made['id']}", env=env).split()
            print(f"from the start of a run to an agent that waits: {median} ms, p99 {p99} ms")

            data = os.path.join(folder, "agent")
            with open(os.path.join(folder, "registration"), "w", encoding="utf-8") as to:
                to.write(s.ask("POST", "/latchkey/v1/agents/registrations", {})["token"])
            child = subprocess.Popen([program, "agent", "--server", s.url, "--token-file", os.path.join(folder, "registration"), "--data", data],
                                     env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for line in child.stdout:
                if "works for" in line:
                    break
            agents = s.ask("GET", "/latchkey/v1/agents")["agents"]
            while not any(a["state"] == "online" and not a["name"].startswith("bench-") for a in agents):
                agents = s.ask("GET", "/latchkey/v1/agents")["agents"]
            with open(f"/proc/{child.pid}/status", encoding="utf-8") as status:
                resident = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024
            print(f"an agent that waits: {resident:.1f} MB")
            child.terminate()
            child.wait()


main()
