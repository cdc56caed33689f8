// SPDX-License-Identifier: Apache-2.0
// What changed without a click is said to those who don't see the screen, and short notices are shown to everybody.
import { createStore } from './store';

export const announced = createStore('');
export function announce(text: string): void { announced.set(text); }

export interface Notice { id: number; text: string; tone: 'plain' | 'good' | 'bad' }
export const notices = createStore<Notice[]>([]);
let last = 0;

export function drop(id: number): void { notices.set(notices.get().filter((n) => n.id !== id)); }

export function notify(text: string, tone: Notice['tone'] = 'plain'): void {
  const id = ++last;
  notices.set([...notices.get().slice(-3), { id, text, tone }]);
  // What went wrong stays until it is read.
  if (tone !== 'bad') setTimeout(() => drop(id), 6000);
}
