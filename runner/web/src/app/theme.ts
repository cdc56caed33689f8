// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it. Kept in this browser.
import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';
const name = 'latchkey.theme';

function kept(): Theme {
  try {
    const value = localStorage.getItem(name);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export const theme = createStore<Theme>('system');

export function setTheme(value: Theme): void {
  if (value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
  try {
    if (value === 'system') localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing shows it until it is closed.
  }
  theme.set(value);
}

export function startTheme(): void { setTheme(kept()); }
