// SPDX-License-Identifier: Apache-2.0
// What a page shows comes from the server, and is kept while the page is open: going back shows at once what was there,
// and asks again behind it.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, call } from '../api/http';
import { createStore } from './store';

export interface Loaded<T> {
  data: T | undefined;
  etag: string | null;
  error: ApiError | null;  // of the last try; what was there before stays
  loading: boolean;
  reload: () => Promise<void>;
  put: (data: T) => void;  // what an answer to a change said
}

interface Kept { data: unknown; etag: string | null }
const kept = new Map<string, Kept>();
const mostKept = 60;

// Raised where something was changed that lists elsewhere show.
export const changes = createStore(0);
export function somethingChanged(): void { changes.set(changes.get() + 1); }

export function forgetAll(): void { kept.clear(); }

function keep(key: string, value: Kept): void {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > mostKept) kept.delete(kept.keys().next().value as string);
}

// `path` null: nothing to ask yet. `ask` is for what takes more than one call; else it is a GET of `path`.
export function useLoad<T>(path: string | null, ask?: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [, redraw] = useState(0);
  const state = useRef<{ key: string | null; error: ApiError | null; loading: boolean }>(
    { key: null, error: null, loading: false });
  const abort = useRef<AbortController | null>(null);
  const asking = useRef(ask);
  asking.current = ask;

  if (state.current.key !== path) state.current = { key: path, error: null, loading: path !== null };

  const reload = useCallback(async () => {
    if (path === null) return;
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    state.current.loading = true;
    try {
      const answer = asking.current
        ? { data: await asking.current(mine.signal), etag: null }
        : await call<T>('GET', path, { signal: mine.signal }).then((a) => ({ data: a.body, etag: a.etag }));
      keep(path, answer);
      if (state.current.key === path) state.current.error = null;
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      // What is not there any more, or may not be seen any more, is not shown from memory.
      if (error.status === 403 || error.notThere) kept.delete(path);
      if (state.current.key === path) state.current.error = error;
    }
    if (state.current.key === path) state.current.loading = false;
    redraw((n) => n + 1);
  }, [path]);

  useEffect(() => {
    void reload();
    return () => abort.current?.abort();
  }, [reload]);

  const put = useCallback((data: T) => {
    if (path === null) return;
    keep(path, { data, etag: null });
    redraw((n) => n + 1);
  }, [path]);

  const known = path === null ? undefined : kept.get(path);
  return { data: known?.data as T | undefined, etag: known?.etag ?? null, error: state.current.error,
    loading: state.current.loading, reload, put };
}
