// SPDX-License-Identifier: Apache-2.0
// Runs src/**/*.test.ts with Node's own test runner; Vite, which is here anyway, takes the types off.
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createServer } from 'vite';

const root = new URL('../src/', import.meta.url).pathname;
const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.test.ts')).sort();
if (files.length === 0) throw new Error('there are no tests below src/');

const vite = await createServer({ configFile: false, root, logLevel: 'error', appType: 'custom',
  server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
try {
  for (const file of files) await vite.ssrLoadModule(`/${file}`);
} catch (error) {
  test('the tests load', () => { throw error; });
}
await vite.close();
