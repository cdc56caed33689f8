// SPDX-License-Identifier: Apache-2.0
// Server-sent events over fetch. Unlike EventSource it says why a stream can't be had (signed out, not there, too many),
// and after a lost connection it goes on from the last event it has seen: nothing is lost and nothing comes twice.
import { ApiError, errorOf, messageOf } from './http';

export interface StreamEvent { id: string; name: string; data: string }

// Pure: pieces of text in, whole events out.
export class EventParser {
  private rest = '';
  private id = '';
  private name = '';
  private data: string[] = [];

  take(piece: string): StreamEvent[] {
    const found: StreamEvent[] = [];
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (this.data.length > 0) found.push({ id: this.id, name: this.name || 'message', data: this.data.join('\n') });
        this.name = '';
        this.data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (field === 'data') this.data.push(value);
      else if (field === 'event') this.name = value;
      else if (field === 'id') this.id = value;
    }
    return found;
  }
}

// A browser may hand over megabytes at once. They are taken up in pieces, and in between it draws and answers.
const pieceSize = 64 * 1024;
const longestTurn = 8;  // ms

let yielding: MessageChannel | undefined;
const waiting: (() => void)[] = [];
// A task of its own, at once: timers that follow one another are slowed down.
function breathe(): Promise<void> {
  if (!yielding) {
    yielding = new MessageChannel();
    yielding.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = yielding;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(0);
  });
}

export type Connection = 'connecting' | 'live' | 'lost' | 'ended';

export interface Listener {
  // A stream may carry thousands of events at once: they come as the network brings them, not one by one.
  events: (events: StreamEvent[]) => void;
  connection?: (state: Connection) => void;
  failed?: (error: ApiError) => void;  // for good: the server refuses
}

const longestWait = 10_000;
// The server says every 15 s that a quiet stream lives; twice that without a word, and it does not.
const silence = 35_000;
// A browser has six connections to a server, whatever the number of tabs: one that nobody looks at gives its own back.
const unseen = 15_000;

export interface Stream { stop(): void; readonly lastId: string }

export function listen(url: string, listener: Listener, after = ''): Stream {
  let stopped = false;
  let lastId = after;
  let wait = 300;
  let abort = new AbortController();
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let paused = false;
  let over = false;  // the server has said all, or no

  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => abort.abort(), silence);
  };
  const again = () => {
    clearTimeout(watch);
    if (stopped || paused) return;
    listener.connection?.('lost');
    retry = setTimeout(() => { retry = undefined; void run(); }, wait + Math.random() * 200);
    wait = Math.min(wait * 2, longestWait);
  };
  const give = (events: StreamEvent[]): boolean => {
    const end = events.findIndex((e) => e.name === 'end');
    const before = end < 0 ? events : events.slice(0, end);
    const last = before.at(-1);
    if (last && last.id !== '') lastId = last.id;
    if (before.length > 0) listener.events(before);
    return end >= 0;
  };

  async function run(): Promise<void> {
    if (stopped || paused) return;
    abort = new AbortController();
    listener.connection?.('connecting');
    alive();
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (lastId !== '') headers['Last-Event-ID'] = lastId;
      const reply = await fetch(url, { headers, credentials: 'same-origin', signal: abort.signal, cache: 'no-store' });
      if (!reply.ok || reply.body === null) {
        const body: unknown = await reply.json().catch(() => null);
        if (reply.status >= 500 || reply.status === 429) return again();
        clearTimeout(watch);
        over = true;
        return listener.failed?.(errorOf(reply.status, body, messageOf(body)));
      }
      listener.connection?.('live');
      // What is let go may have been given up before: that is no fault.
      const reader = reply.body.getReader();
      const decoder = new TextDecoder();
      const parser = new EventParser();
      let turn = performance.now();
      for (;;) {
        const { done, value } = await reader.read();
        if (stopped) return void reader.cancel().catch(() => undefined);
        if (done) return again();
        alive();
        wait = 300;
        for (let at = 0; at < value.length; at += pieceSize) {
          // What has come already is read without a pause of its own: only time tells how long this goes on.
          if (performance.now() - turn > longestTurn) {
            await breathe();
            if (stopped) return void reader.cancel().catch(() => undefined);
            turn = performance.now();
          }
          if (!give(parser.take(decoder.decode(value.subarray(at, at + pieceSize), { stream: true })))) continue;
          clearTimeout(watch);
          over = true;
          void reader.cancel().catch(() => undefined);
          return listener.connection?.('ended');
        }
      }
    } catch {
      again();
    }
  }

  // Back from sleep or from another tab: don't sit out a long wait.
  const wake = () => {
    if (stopped || retry === undefined || document.visibilityState !== 'visible') return;
    clearTimeout(retry);
    retry = undefined;
    wait = 300;
    void run();
  };
  const looked = () => {
    clearTimeout(pause);
    if (over) return;
    if (document.visibilityState === 'visible') {
      if (!paused) return wake();
      paused = false;
      wait = 300;
      void run();
      return;
    }
    pause = setTimeout(() => {
      paused = true;
      clearTimeout(retry);
      retry = undefined;
      abort.abort();
    }, unseen);
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', looked);
  void run();
  return {
    get lastId() { return lastId; },
    stop() {
      stopped = true;
      clearTimeout(retry);
      clearTimeout(watch);
      clearTimeout(pause);
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', looked);
      abort.abort();
    },
  };
}
