// SPDX-License-Identifier: Apache-2.0
// Says what to do where the packages in node_modules are not those of package-lock.json.
import { readFileSync } from 'node:fs';

const text = (name) => { try { return readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'); } catch { return ''; } };
if (text('node_modules/.installed') !== text('package-lock.json')) {
  console.error('the packages in runner/web/node_modules are not those of its package-lock.json: run .ci/page-packages');
  process.exit(1);
}
