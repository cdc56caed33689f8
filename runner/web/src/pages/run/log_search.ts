// SPDX-License-Identifier: Apache-2.0
// Finds a text in a log: here where all of it is here, else the server looks, a piece at a time.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get } from '../../api/http';
import { withQuery } from '../../api/paths';
import type { LogModel } from './log_model';

export interface Found { lines: number[]; done: boolean; error: string | null }  // lines from 0

const mostFound = 10_000;
const none: Found = { lines: [], done: true, error: null };

interface Answer { lines: { line: number; column: number }[]; next: number | null }

export function searchHere(model: LogModel, text: string): number[] {
  const wanted = text.toLowerCase();
  const lines: number[] = [];
  for (const [line, shown] of model.texts()) {
    if (shown.toLowerCase().includes(wanted)) lines.push(line);
    if (lines.length >= mostFound) break;
  }
  return lines;
}

export function useSearch(path: string | null, model: LogModel, version: number, text: string): Found {
  const [found, setFound] = useState<Found>(none);
  // A log that is here whole is searched again as it grows, once a second at most.
  const here = model.complete;
  const tick = here ? Math.floor(version / 20) : 0;
  useEffect(() => {
    if (text === '' || path === null) return setFound(none);
    if (here) return setFound({ lines: searchHere(model, text), done: true, error: null });
    const abort = new AbortController();
    const look = async () => {
      const lines: number[] = [];
      for (let from: number | null = 1; from !== null && lines.length < mostFound;) {
        const part: Answer = await get<Answer>(withQuery(`${path}/search`, { q: text, from, limit: 1000, ignore_case: 1 }), abort.signal);
        for (const hit of part.lines) if (lines.at(-1) !== hit.line - 1) lines.push(hit.line - 1);
        from = part.next;
        setFound({ lines: [...lines], done: from === null, error: null });
      }
      setFound({ lines, done: true, error: null });
    };
    setFound({ lines: [], done: false, error: null });
    const timer = setTimeout(() => void look().catch((error: unknown) => {
      if (abort.signal.aborted) return;
      setFound({ lines: [], done: true, error: error instanceof ApiError ? error.message : 'The search failed.' });
    }), 150);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [path, model, here, tick, text]);
  return found;
}
