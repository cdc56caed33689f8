// SPDX-License-Identifier: Apache-2.0
// Keys. A page says which it has while it is shown; "?" lists them all. Letters alone do nothing while somebody types,
// or where a dialog is open (WCAG 2.1.4: they can be turned off in the list).
import { useEffect, useRef } from 'preact/hooks';
import { createStore } from './store';

export interface Shortcut {
  keys: string;  // "g r", "?", "/", "Shift+R"
  what: string;
  run: () => void;
}

const active = new Set<readonly Shortcut[]>();
export const helpShown = createStore(false);
export const keysOn = createStore(typeof localStorage === 'undefined' || localStorage.getItem('latchkey.keys') !== 'off');

export function setKeysOn(on: boolean): void {
  try {
    if (on) localStorage.removeItem('latchkey.keys');
    else localStorage.setItem('latchkey.keys', 'off');
  } catch { /* kept until the page is closed */ }
  keysOn.set(on);
}

export function shortcuts(): Shortcut[] { return [...active].flat(); }

export function useShortcuts(list: Shortcut[]): void {
  const now = useRef(list);
  now.current = list;
  useEffect(() => {
    const stable: Shortcut[] = list.map((s, i) => ({ ...s, run: () => now.current[i]?.run() }));
    active.add(stable);
    return () => void active.delete(stable);
    // The keys of a part stay the same while it is shown; what they do may change.
  }, [list.map((s) => s.keys + s.what).join('|')]);
}

let pending = '';
let since = 0;

function nameOf(event: KeyboardEvent): string {
  return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function startShortcuts(): void {
  document.addEventListener('keydown', (event) => {
    if (!keysOn.get() || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (typing(event.target) || document.querySelector('dialog:modal') !== null) return;
    const key = nameOf(event);
    const both = pending !== '' && event.timeStamp - since < 1200 ? `${pending} ${key}` : '';
    const found = shortcuts().findLast((s) => s.keys === both) ?? shortcuts().findLast((s) => s.keys === key);
    pending = '';
    if (found) {
      event.preventDefault();
      found.run();
    } else if (shortcuts().some((s) => s.keys.startsWith(`${key} `))) {
      pending = key;
      since = event.timeStamp;
    }
  });
}
