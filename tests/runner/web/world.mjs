// SPDX-License-Identifier: Apache-2.0
// A real `latchkey server` on a free port of 127.0.0.1 with a data folder of its own, and a small team in it: people with
// passwords, projects, pipelines and integrations, all made over the API. LATCHKEY_BIN is the program.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const password = 'a long and honest password';

const program = process.env.LATCHKEY_BIN;
if (!program) throw new Error('LATCHKEY_BIN does not say where the program latchkey is: run this by ctest -R test_web');

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

export class World {
  #process;
  #folder;
  #said = '';

  static async start(options = []) {
    const world = new World();
    world.#folder = mkdtempSync(join(tmpdir(), 'latchkey-web-'));
    world.port = await freePort();
    world.url = `http://127.0.0.1:${world.port}`;
    world.options = options;
    await world.serve(['--init-owner', 'ana@acme.test', '--init-workspace', 'acme', '--token-file', join(world.#folder, 'token')]);
    world.token = readFileSync(join(world.#folder, 'token'), 'utf8').trim();
    return world;
  }

  // Without an owner: gives the link that makes the first one.
  static async startEmpty(options = []) {
    const world = new World();
    world.#folder = mkdtempSync(join(tmpdir(), 'latchkey-web-'));
    world.port = await freePort();
    world.url = `http://127.0.0.1:${world.port}`;
    world.options = options;
    await world.serve();
    world.setupLink = /http:\S+\/setup#\S+/.exec(world.#said)?.[0];
    return world;
  }

  // On the same port, also after stop().
  async serve(more = []) {
    this.#said = '';
    const env = { PATH: process.env.PATH, HOME: this.#folder, XDG_DATA_HOME: this.#folder, LANG: 'C.UTF-8', TMPDIR: this.#folder,
      // What a sanitizer finds is told, and ends the server: a test that needs it then fails.
      ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '', UBSAN_OPTIONS: process.env.UBSAN_OPTIONS ?? '' };
    this.#process = spawn(program, ['server', '--listen', `127.0.0.1:${this.port}`, '--data', join(this.#folder, 'data'),
      '--backend', 'host', '--grace', '1s', ...this.options, ...more], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.on('data', (bytes) => { this.#said += bytes; });
    let ended = null;
    this.#process.once('exit', (code) => { ended = code; });
    for (let i = 0; i < 600; ++i) {
      if (ended !== null) throw new Error(`the server ended with ${ended}:\n${this.#said}`);
      const up = await fetch(`${this.url}/latchkey/v1/ready`).catch(() => null);
      if (up?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server is not up after 30 s:\n${this.#said}`);
  }

  async stop() {
    if (this.#process?.exitCode === null) {
      const gone = new Promise((resolve) => this.#process.once('exit', (code) => resolve(code)));
      this.#process.kill('SIGTERM');
      const hard = setTimeout(() => this.#process.kill('SIGKILL'), 20_000);
      const code = await gone;
      clearTimeout(hard);
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.#said.slice(-6000)}`);
    }
  }

  async end() {
    try {
      await this.stop();
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  log() { return this.#said; }
  get folder() { return this.#folder; }

  async ask(method, path, body, headers = {}) {
    const reply = await fetch(this.url + path, { method, headers: { Authorization: `Bearer ${this.token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await reply.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* no JSON: `text` */ }
    return { status: reply.status, body: json, text, headers: reply.headers };
  }

  async must(method, path, body, headers) {
    const done = await this.ask(method, path, body, headers);
    if (done.status >= 300) throw new Error(`${method} ${path}: ${done.status} ${done.text}`);
    return done.body;
  }

  // A member with the password above, and a name.
  async person(email, name) {
    const w = '/workspaces/acme';
    const known = (await this.must('GET', `${w}/members?per_page=100`)).members.find((m) => m.email === email);
    const member = known ?? await this.must('POST', `${w}/members`, { email });
    const { code } = await this.must('POST', `/latchkey/v1${w}/members/${member.id}/password-link`);
    await this.must('POST', '/latchkey/v1/password', { code, password });
    if (name) {
      const made = await this.must('POST', `/latchkey/v1${w}/members/${member.id}/tokens`, { name: 'name', scopes: ['USER_INFO', 'TOKEN_MANAGE'] });
      const theirs = { Authorization: `Bearer ${made.token}` };
      await this.must('PATCH', '/user', { name }, theirs);
      await this.must('DELETE', `/user/tokens/${made.id}`, undefined, theirs);
    }
    return member.id;
  }

  async ended(path) {
    const over = new Set(['SUCCESSFUL', 'FAILED', 'TERMINATED', 'SKIPPED']);
    for (let i = 0; i < 400; ++i) {
      const run = await this.must('GET', path);
      if (over.has(run.status) || run.status.startsWith('WAITING')) return run;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${path} does not end`);
  }
}
