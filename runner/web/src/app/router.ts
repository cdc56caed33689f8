// SPDX-License-Identifier: Apache-2.0
// Where the page is: the address bar is the only place that says so. Links are plain <a href>; a click on one of ours
// changes the address without loading anything.
import { createStore } from './store';

export interface Where { path: string; query: URLSearchParams; hash: string }

const read = (): Where =>
  ({ path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash.slice(1) });

export const where = createStore<Where>(typeof location === 'undefined'
  ? { path: '/app', query: new URLSearchParams(), hash: '' } : read());

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (to === location.pathname + location.search + location.hash) return;
  const before = location.pathname;
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  where.set(read());
  // Another page is read from its beginning.
  if (location.pathname !== before) scrollTo(0, 0);
}

// Changes what the address says after the "?", and leaves the rest; null takes a name out.
export function setQuery(changes: Record<string, string | null>, how: 'push' | 'replace' = 'replace',
  hash: string | null = null): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes))
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  const text = query.toString();
  const anchor = hash === null ? location.hash : hash === '' ? '' : `#${hash}`;
  go(location.pathname + (text === '' ? '' : `?${text}`) + anchor, how);
}

function ours(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return null;
  const a = (event.target as Element | null)?.closest?.('a');
  if (!a || !a.href || a.target !== '' || a.hasAttribute('download') || a.origin !== location.origin) return null;
  return a.pathname === '/app' || a.pathname.startsWith('/app/') ? a : null;
}

export function startRouter(): void {
  addEventListener('popstate', () => where.set(read()));
  addEventListener('hashchange', () => where.set(read()));
  document.addEventListener('click', (event) => {
    const a = ours(event);
    if (a === null) return;
    event.preventDefault();
    go(a.pathname + a.search + a.hash);
  });
}
