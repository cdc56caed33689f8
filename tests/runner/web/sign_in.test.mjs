// SPDX-License-Identifier: Apache-2.0
// Signing in with an identity provider: a certified implementation of OpenID Connect and its own pages, in the browser.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { World } from './world.mjs';

let world;
let browser;
let provider;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-provider-'));
  const script = join(import.meta.dirname, '../server/openid/provider.sh');
  let said = '';
  provider = spawn(script, [folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [provider.stdout, provider.stderr]) stream.on('data', (bytes) => { said += bytes; });
  for (let i = 0; i < 1200 && !existsSync(join(folder, 'port')); ++i) {
    if (provider.exitCode !== null) throw new Error(`there is no provider: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const port = readFileSync(join(folder, 'port'), 'utf8');
  writeFileSync(join(folder, 'secret'), 'se:cret & more', { mode: 0o600 });
  world = await World.start(['--openid-issuer', `http://127.0.0.1:${port}`, '--openid-client', 'latchkey RS256', '--openid-secret-file', join(folder, 'secret')]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.end();
  provider?.kill();
  rmSync(folder, { recursive: true, force: true });
});

// On the provider's own pages; its complaints are its own.
async function logIn(page, name) {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('who is known here signs in there, and is back where they wanted to be', async () => {
  const v = await Visitor.open(browser, world);
  const page = await v.context.newPage();
  await page.goto(`${world.url}/app/acme/audit?kind=grant`);
  await page.getByRole('link', { name: 'Sign in with your identity provider' }).click();
  await logIn(page, 'ana');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  assert.equal(page.url(), `${world.url}/app/acme/audit?kind=grant`);
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in with your identity provider' }).waitFor();
  await page.close();
  await v.close();
});

test('who is not known here is told so, in words, with the way back', async () => {
  const v = await Visitor.open(browser, world);
  const page = await v.context.newPage();
  await page.goto(`${world.url}/app/`);
  await page.getByRole('link', { name: 'Sign in with your identity provider' }).click();
  await logIn(page, 'stranger');
  await page.waitForURL(`${world.url}/**`);
  await page.getByRole('alert').getByText('Nobody here has the e-mail address').waitFor();
  await page.getByRole('link', { name: 'Sign in with your identity provider' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);
  await page.close();
  await v.close();
});
