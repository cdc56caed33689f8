#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the whole product as a user runs it, against the tools that mark the machine's limit, and prints a
table: what, the figure, what it is compared with, the target. Every ratio is the median of pairs run in turn."""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import engine  # noqa: E402
import grants  # noqa: E402
import server  # noqa: E402


def timed(argv, cwd, env, out=subprocess.DEVNULL):
    """Runs one command to its end: (wall seconds, CPU seconds, peak KiB). Stops the whole measurement if it fails."""
    start = time.perf_counter()
    child = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{argv} in {cwd} ended with {child.returncode}:\n{errors.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def peak_of(argv, cwd, env):
    """Its peak in KiB. A child of this process begins with our own peak: a small program in between does not."""
    with tempfile.NamedTemporaryFile("r") as said:
        timed(["/usr/bin/time", "-f", "%M", "-o", said.name, *argv], cwd, env)
        return int(said.read())


def paired(rounds, a, b):
    """Runs a and b in turn after one warm-up each; (median a, median b, median of the ratios a/b)."""
    a(), b()
    pairs = [(a(), b()) for _ in range(rounds)]
    return (statistics.median(x[0] for x, _ in pairs), statistics.median(y[0] for _, y in pairs),
            statistics.median(x[0] / y[0] for x, y in pairs), max(x[2] for x, _ in pairs))


def in_turn(rounds, *ways):
    """The median of each, all run once a round after a warm-up."""
    for way in ways:
        way()
    found = [[way() for way in ways] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*found)]


class bench:
    def __init__(self, build, short):
        self.latchkey = os.path.abspath(os.path.join(build, "runner/latchkey"))
        self.build = build
        self.short = short
        self.root = tempfile.mkdtemp(prefix="latchkey-bench-")
        self.rows = []

    def env(self, **more):
        return {**more, "PATH": os.environ["PATH"], "HOME": self.root, "XDG_DATA_HOME": os.path.join(self.root, "data"), "LANG": "C.UTF-8"}

    def project(self, name, text):
        folder = os.path.join(self.root, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "buddy.yml"), "w") as f:
            f.write(text)
        return folder

    def run(self, folder, *options, **env):
        return timed([self.latchkey, "run", *options], folder, self.env(**env))

    def per_action(self, name, count, more, *options, **env):
        """What each further action of a run takes: seconds, without what the run takes itself."""
        one = self.project(name + "-one", action_list(1, more))
        many = self.project(name + "-many", action_list(1 + count, more))
        return lambda: (self.run(many, *options, **env)[0] - self.run(one, *options, **env)[0]) / count

    def row(self, what, figure, against, target):
        self.rows.append((what, figure, against, target))
        print(f"  {what}: {figure} ({against}; target {target})", flush=True)

    def one_action(self):
        folder = self.project("one", action_list(1))
        rounds = 5 if self.short else 50
        peak = peak_of([self.latchkey, "run", "--backend", "host"], folder, self.env())
        bare, floor, _, _ = paired(rounds, lambda: self.run(folder, "--backend", "host"),
                                      lambda: timed(["sh", "-c", "true"], folder, self.env()))
        self.row("`latchkey run` of one no-op action, whole process", f"{1000 * bare:.1f} ms, {peak / 1024:.1f} MB",
                 f"`sh -c true`: {1000 * floor:.1f} ms", "≤ 10 ms, ≤ 20 MB")

    def overheads(self):
        """What isolation costs an action, beyond the first of its run."""
        count, rounds = (5, 3) if self.short else (20, 15)
        boxed = self.per_action("boxed", count, "", "--backend", "sandbox")
        bare = self.per_action("bare", count, "", "--backend", "host")
        view = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL", "--die-with-parent",
                "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                "--symlink", "usr/lib64", "/lib64", "--dev", "/dev", "--proc", "/proc", "--bind", self.root, self.root, "--chdir", self.root]
        alone = lambda: statistics.median(timed([*view, "sh", "-c", "true"], self.root, self.env())[0] for _ in range(count))
        ours, theirs, tool = in_turn(rounds, boxed, bare, alone)
        self.row("an action in a sandbox, over a bare process", f"{1000 * (ours - theirs):.1f} ms",
                 f"{1000 * ours:.1f} ms against {1000 * theirs:.1f} ms; `bwrap` alone {1000 * tool:.1f} ms", "≤ 6 ms")
        for kind in ("docker", "podman"):
            try:
                e = engine.engine(kind)
            except RuntimeError as why:
                print(f"  not measured: {why}", flush=True)
                continue
            try:
                image = f"      docker_image_name: {engine.IMAGE}\n"
                within = self.per_action(kind, count, image, DOCKER_HOST="unix://" + e.socket)
                own = lambda: statistics.median(e.container() for _ in range(count))
                ours, theirs = in_turn(max(3, rounds // 3), within, own)
                self.row(f"an action in a container of {kind.capitalize()}, over its own create, start, wait, remove",
                         f"{1000 * (ours - theirs):.1f} ms", f"{1000 * ours:.1f} ms against {1000 * theirs:.1f} ms", "≤ 15 ms")
            finally:
                e.close()

    def sequence(self):
        count = 200 if self.short else 1000
        folder = self.project("sequence", action_list(count))
        with open(os.path.join(folder, "Makefile"), "w") as f:
            f.write("all:\n" + "\t@sh -c true\n" * count)
        ours, make, ratio, _ = paired(3 if self.short else 11, lambda: self.run(folder, "--backend", "host"),
                                      lambda: timed(["make", "-s"], folder, self.env()))
        self.row(f"{count:,} sequential no-op actions", f"{ratio:.2f} × make", f"{ours:.2f} s against {make:.2f} s", "≤ 1.3 ×")

    def graph(self):
        stages, width = (10, 50) if self.short else (100, 100)
        folder = self.project("graph", action_graph(stages, width))
        with open(os.path.join(folder, "build.ninja"), "w") as f:
            f.write("rule noop\n  command = sh -c true\n  description = $out\n")
            for s in range(stages):
                after = f" || s{s - 1}" if s else ""
                names = [f"a{s}_{i}" for i in range(width)]
                f.writelines(f"build {n}: noop{after}\n" for n in names)
                f.write(f"build s{s}: phony {' '.join(names)}\n")
            f.write(f"default s{stages - 1}\n")
        ours, ninja, ratio, peak = paired(3 if self.short else 7, lambda: self.run(folder, "--backend", "host", "--jobs", "2"),
                                          lambda: timed(["ninja", "-j2", "--quiet"], folder, self.env()))
        self.row(f"{stages * width:,}-action graph, 2 at a time", f"{ratio:.2f} × ninja", f"{ours:.2f} s against {ninja:.2f} s", "≤ 1.2 ×")
        small = self.project("graph-small", action_graph(max(1, stages // 10), width))
        few = self.run(small, "--backend", "host", "--jobs", "2")[2]
        more = stages * width - max(1, stages // 10) * width
        model = [timed([self.latchkey, "validate", "buddy.yml"], f, self.env())[2] for f in (small, folder)]
        beyond = ((peak - few) - (model[1] - model[0])) * 1024 / more
        self.row("memory an action beyond the model", f"{beyond:.0f} bytes",
                 f"peak {few / 1024:.1f} MB → {peak / 1024:.1f} MB; reading alone {model[0] / 1024:.1f} → {model[1] / 1024:.1f} MB", "≤ 1 KB")

    def output(self):
        lines = 200_000 if self.short else 2_000_000
        log = os.path.join(self.root, "log.txt")
        with open(log, "w") as f:
            for start in range(0, lines, 1000):
                f.write("".join(f"2026-11-23T10:{i % 60:02d}:{i % 59:02d} INFO worker-{i % 7} step {i} of {lines} compiled src/module_{i % 97}.cpp in {i % 1000} ms\n"
                                for i in range(start, start + 1000)))
        size = os.path.getsize(log)
        secrets = os.path.join(self.root, "secrets.env")
        with open(secrets, "w") as f:
            f.writelines(f"SECRET_{i}=s3cr3t-{i:02d}-{(i * 7919 + 104729) ** 5:x}\n"[:60].rstrip("\n") + "\n" for i in range(50))
        os.chmod(secrets, 0o600)
        declared = "".join(f"    - key: SECRET_{i}\n      encrypted: true\n" for i in range(50))
        folder = self.project("output", "- pipeline: output\n  variables:\n" + declared +
                              f"  actions:\n    - action: Print\n      type: BUILD\n      execute_commands:\n        - cat {log}\n")
        copy = os.path.join(self.root, "copy.txt")

        # Each writes a new file, and what either wrote before is gone: neither waits for the other's data to reach the disk.
        def clean():
            shutil.rmtree(os.path.join(self.root, "data", "latchkey", "runs"), ignore_errors=True)
            if os.path.exists(copy):
                os.remove(copy)

        def cat():
            clean()
            with open(copy, "wb") as out:
                return timed(["cat", log], folder, self.env(), out)

        def piped():
            clean()
            return timed(["sh", "-c", f"cat {log} | cat >{copy}"], folder, self.env())

        def masked():
            clean()
            return self.run(folder, "--backend", "host", "--secret-file", secrets)
        rounds = 3 if self.short else 11
        ours, bare, ratio, peak = paired(rounds, masked, cat)
        piped_ratio = paired(rounds, masked, piped)[2]
        clean()
        self.row(f"{size / 1e6:.0f} MB / {lines:,} lines through the masker (50 secrets) to the stored log",
                 f"{1 / ratio:.2f} × cat's speed, {peak / 1024:.1f} MB",
                 f"{ours:.2f} s against {bare:.2f} s, in which no byte passes a pipe; {1 / piped_ratio:.2f} × the speed of `cat | cat`", "≥ 0.5 ×, ≤ 32 MB")

    def micro(self, name, *options):
        path = os.path.join(self.build, "tests/bench", f"bench_{name}")
        print(f"\n-- {name}", flush=True)
        subprocess.run([path, *options], check=True)


def action_list(count, more=""):
    return "- pipeline: bench\n  actions:\n" + "".join(
        f"    - action: step {i}\n      type: BUILD\n{more}      execute_commands:\n        - \"true\"\n" for i in range(count))


def action_graph(stages, width):
    text = ["- pipeline: bench\n  actions:\n"]
    for s in range(stages):
        for i in range(width):
            text.append(f"    - action: step {s} {i}\n      type: BUILD\n")
            if i + 1 < width:
                text.append("      run_next: IN_SOFT_PARALLEL\n")
            text.append("      execute_commands:\n        - \"true\"\n")
    return "".join(text)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build/release")
    options.add_argument("--short", action="store_true")
    options = options.parse_args()
    b = bench(options.build, options.short)
    try:
        b.one_action()
        b.overheads()
        b.sequence()
        b.graph()
        b.output()
        server.measure(b)
        grants.measure(b)
        for name in ("masker", "decision", "parse", "spawn", "store"):
            b.micro(name)
        print("\n| what | measured | against | target |\n|---|---|---|---|")
        for row in b.rows:
            print("| " + " | ".join(row) + " |")
    finally:
        shutil.rmtree(b.root, ignore_errors=True)


if __name__ == "__main__":
    main()
