// SPDX-License-Identifier: Apache-2.0
// A list that goes back in time: the newest first, older ones where they are asked for.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../api/http';
import { withQuery } from '../api/paths';
import { Button } from './button';

export interface Older<T> {
  items: T[] | null;
  error: ApiError | null;
  more: boolean;
  load: () => Promise<void>;
  reload: () => Promise<void>;
}

// `cursor` gives where the next part begins, from the answer and what came; null: that was all.
export function useOlder<T>(path: string, name: string, limit: number,
  cursor: (body: Record<string, unknown>, items: T[]) => string | null): Older<T> {
  const [state, setState] = useState<{ path: string; items: T[] | null; next: string | null; error: ApiError | null }>(
    { path, items: null, next: null, error: null });
  const at = useRef(path);
  at.current = path;
  const ask = useCallback(async (before: string | null, known: T[]) => {
    try {
      let next = before;
      let items = known;
      // A part may be empty and yet not the last.
      for (let i = 0; i < 5; ++i) {
        const body = await get<Record<string, unknown>>(withQuery(path, { limit, before: next }));
        const part = (body[name] ?? []) as T[];
        items = [...items, ...part];
        next = cursor(body, part);
        if (part.length > 0 || next === null) break;
      }
      if (at.current === path) setState({ path, items, next, error: null });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (at.current === path) setState({ path, items: known.length > 0 ? known : null, next: before, error });
    }
  }, [path]);
  useEffect(() => { void ask(null, []); }, [ask]);
  const mine = state.path === path ? state : { path, items: null, next: null, error: null };
  return { items: mine.items, error: mine.error, more: mine.next !== null,
    load: () => ask(mine.next, mine.items ?? []), reload: () => ask(null, []) };
}

export const nextOf = (body: Record<string, unknown>) =>
  (body['next'] === null || body['next'] === undefined ? null : String(body['next']));

export function OlderButton<T>({ of, words = 'Older' }: { of: Older<T>; words?: string }) {
  return of.more ? <div><Button onClick={of.load}>{words}</Button></div> : null;
}
