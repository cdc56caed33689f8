// SPDX-License-Identifier: Apache-2.0
// Times as people say them; the exact one is in the title and for machines. One clock ticks for all of them.
import { useEffect } from 'preact/hooks';
import { createStore, useStore } from '../app/store';

export const now = createStore(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function useClock(wanted: boolean): number {
  useEffect(() => {
    if (!wanted) return;
    if (watchers++ === 0) {
      now.set(Date.now());
      timer = setInterval(() => now.set(Date.now()), 1000);
    }
    return () => {
      if (--watchers === 0) clearInterval(timer);
    };
  }, [wanted]);
  return useStore(now);
}

export function ago(at: number, from: number): string {
  const seconds = Math.round((from - at) / 1000);
  const far = Math.abs(seconds);
  const say = (n: number, unit: string) => (seconds >= 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`);
  if (far < 10) return 'just now';
  if (far < 60) return say(far, 's');
  if (far < 3600) return say(Math.floor(far / 60), 'min');
  if (far < 86_400) return say(Math.floor(far / 3600), 'h');
  if (far < 30 * 86_400) return say(Math.floor(far / 86_400), far < 2 * 86_400 ? 'day' : 'days');
  const date = new Date(at);
  return date.toLocaleDateString('en', { year: 'numeric', month: 'short', day: 'numeric' });
}

export function span(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export const exact = (at: string) => new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' });

export function Ago({ at }: { at: string }) {
  const from = useClock(true);
  return <time dateTime={at} title={exact(at)} class="nowrap">{ago(Date.parse(at), from)}</time>;
}

export const until = (at: string, from: number) => (Date.parse(at) <= from ? 'ended' : ago(Date.parse(at), from));

// From start to finish, or still going.
export function Took({ from, to }: { from: string | null; to: string | null }) {
  const clock = useClock(from !== null && to === null);
  if (from === null) return null;
  const end = to === null ? clock : Date.parse(to);
  return <span class="nowrap" title={`from ${exact(from)}${to === null ? '' : ` to ${exact(to)}`}`}>{span(end - Date.parse(from))}</span>;
}

export { useClock };
