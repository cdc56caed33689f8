// SPDX-License-Identifier: Apache-2.0
// Finds the route of an address. A word in a pattern wins over a place (":project"), whatever the table's order.
import { ownWords } from './addresses';

export type Params = Record<string, string>;

interface Pattern { path: string }

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function fits(pattern: string[], parts: string[]): Params | null {
  if (pattern.length !== parts.length) return null;
  const params: Params = {};
  for (let i = 0; i < pattern.length; ++i) {
    const wanted = pattern[i] ?? '';
    const part = decoded(parts[i] ?? '');
    if (part === null) return null;
    if (!wanted.startsWith(':')) {
      if (wanted !== part) return null;
    } else if (wanted.endsWith('#')) {  // a number
      if (!/^[1-9][0-9]{0,15}$/.test(part)) return null;
      params[wanted.slice(1, -1)] = part;
    } else {
      params[wanted.slice(1)] = part;
    }
  }
  return params;
}

const places = (path: string) => partsOf(path).filter((part) => part.startsWith(':')).length;

export function match<R extends Pattern>(routes: readonly R[], path: string): { route: R; params: Params } | null {
  let parts = partsOf(path).slice(1);  // less "app"
  const spelledOut = parts[1] === 'project' && parts.length > 2;
  if (spelledOut) parts = [parts[0] ?? '', ...parts.slice(2)];
  let best: { route: R; params: Params } | null = null;
  for (const route of routes) {
    const pattern = partsOf(route.path);
    const params = fits(pattern, parts);
    if (params === null) continue;
    // "project/runs" is the project of this name, and "runs" never is.
    if (spelledOut && pattern[1] !== ':project') continue;
    if (!spelledOut && pattern[1] === ':project' && ownWords.has(params['project'] ?? '')) continue;
    if (best === null || places(route.path) < places(best.route.path)) best = { route, params };
  }
  return best;
}
