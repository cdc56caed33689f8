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

export interface Stream { stop(): void; readonly lastId: string }

export function listen(url: string, listener: Listener, after = ''): Stream {
  let stopped = false;
  let lastId = after;
  let wait = 300;
  let abort = new AbortController();
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;

  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => abort.abort(), silence);
  };
  const again = () => {
    clearTimeout(watch);
    if (stopped) return;
    listener.connection?.('lost');
    retry = setTimeout(run, wait + Math.random() * 200);
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
    if (stopped) return;
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
        return listener.failed?.(errorOf(reply.status, body, messageOf(body)));
      }
      listener.connection?.('live');
      const reader = reply.body.getReader();
      const decoder = new TextDecoder();
      const parser = new EventParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (stopped) return void reader.cancel();
        if (done) return again();
        alive();
        wait = 300;
        if (give(parser.take(decoder.decode(value, { stream: true })))) {
          clearTimeout(watch);
          void reader.cancel();
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
  addEventListener('online', wake);
  void run();
  return {
    get lastId() { return lastId; },
    stop() {
      stopped = true;
      clearTimeout(retry);
      clearTimeout(watch);
      removeEventListener('online', wake);
      abort.abort();
    },
  };
}
