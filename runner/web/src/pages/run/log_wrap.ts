// SPDX-License-Identifier: Apache-2.0
// Whether long lines of logs are wrapped. Kept in this browser.
import { createStore } from '../../app/store';

const name = 'latchkey.wrap';

function kept(): boolean {
  try {
    return localStorage.getItem(name) === '1';
  } catch {
    return false;
  }
}

export const wrapped = createStore(kept());

export function setWrapped(on: boolean): void {
  try {
    if (on) localStorage.setItem(name, '1');
    else localStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing wraps until it is closed.
  }
  wrapped.set(on);
}
