// SPDX-License-Identifier: Apache-2.0
// Agents: who sees them, letting one come, what it executes, drain and remove. Where the program has agents, with a real one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { team } from './team.mjs';

const has = spawnSync(process.env.LATCHKEY_BIN, ['server', '--help'], { env: { ...process.env, LATCHKEY_STORE: '' } }).stdout.toString().includes('--agents');
let t;
let browser;

before(async () => {
  t = await team(has ? ['--agents', 'yes'] : []);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await t?.end();
});

const visit = async (who, path) => (await Visitor.open(browser, t.world)).signIn(`${who}@acme.test`, path);

test('whoever does not look after agents is told so, and finds no way to them', async () => {
  const bo = await visit('bo', '/app/acme/agents');
  await bo.page.getByText(/for administrators of the server|executes all runs itself/).waitFor();
  assert.equal(await bo.page.getByRole('link', { name: 'Agents' }).count(), 0);
  await bo.close();
});

test('a real agent comes by a token that the page shows once, drains and goes', { skip: has ? false : 'this program has no agents' }, async () => {
  const ana = await visit('ana', '/app/acme/runs');
  const { page } = ana;
  await page.getByRole('link', { name: 'Agents' }).click();
  await page.getByText('No agents yet').waitFor();
  await page.getByRole('button', { name: 'Let an agent come' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Name/).fill('builder-1');
  await dialog.getByLabel(/^Tags/).fill('gpu, fast');
  await dialog.getByRole('button', { name: 'Make the token' }).click();
  // The field is there a moment before what it shows.
  let token = '';
  while (!token.startsWith('lk_')) token = await page.getByLabel('The token').inputValue();
  const file = join(t.world.folder, 'registration');
  writeFileSync(file, token, { mode: 0o600 });
  await page.getByRole('button', { name: 'I have it' }).click();
  assert.ok(!(await page.content()).includes(token));
  const agent = spawn(process.env.LATCHKEY_BIN, ['agent', '--server', t.world.url, '--token-file', file, '--data', join(t.world.folder, 'agent'), '--backend', 'host'],
    { env: { PATH: process.env.PATH, HOME: t.world.folder, ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '' }, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const row = page.getByRole('row', { name: /builder-1/ });
    await row.getByText('Ready').waitFor({ timeout: 90_000 });
    await row.getByText('gpu').waitFor();
    assert.deepEqual(await ana.axe(), []);
    await row.getByRole('button', { name: 'Drain builder-1' }).click();
    await row.getByText('Takes no more').waitFor();
    await row.getByRole('button', { name: 'Let it work again: builder-1' }).click();
    await row.getByText('Ready').waitFor();
    await row.getByRole('button', { name: 'Remove builder-1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
    await page.getByText('No agents yet').waitFor();
  } finally {
    agent.kill();
  }
  await ana.close();
});

test('what agents execute and how they stand is drawn as the server’s answer says, hostile names too', async () => {
  const agents = [
    { id: 1, name: 'builder-1', pool: 'default', tags: ['gpu', 'fast'], capacity: 4, busy: 1, version: '0.9', state: 'online', last_seen: '2026-11-25T12:00:00Z',
      running: [{ project: 'web', pipeline: 'Deploy', execution: 7, action: '<img src=x onerror=window.owned=1>\u202e' }] },
    { id: 2, name: 'builder-2', pool: 'default', tags: [], capacity: 2, busy: 0, version: '0.9', state: 'online', last_seen: '2026-11-25T12:00:00Z', running: [] },
    { id: 3, name: 'n'.repeat(2000), pool: 'p'.repeat(300), tags: ['t'.repeat(300)], capacity: 1, busy: 0, version: '', state: 'offline', last_seen: null, running: [] },
    { id: 4, name: 'builder-4', pool: 'arm', tags: [], capacity: 2, busy: 0, version: '0.9', state: 'draining', last_seen: '2026-11-25T12:00:00Z', running: [] },
  ];
  const ana = await Visitor.open(browser, t.world);
  await ana.context.route('**/latchkey/v1/agents', (route) => route.fulfill({ json: { agents } }));
  await ana.signIn('ana@acme.test', '/app/acme/agents');
  const { page } = ana;
  await page.getByRole('row', { name: /builder-1/ }).getByText('Busy').waitFor();
  await page.getByRole('row', { name: /builder-2/ }).getByText('Ready').waitFor();
  await page.getByRole('row', { name: /nnnn/ }).getByText('never seen').waitFor();
  await page.getByRole('row', { name: /builder-4/ }).getByText('Takes no more').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await ana.axe(), []);
  }
  await page.setViewportSize({ width: 360, height: 720 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is wider than a phone');
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE, fullPage: true });
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.ok(!(await page.evaluate(() => document.body.innerText)).includes('\u202e'));
  await ana.close();
});
