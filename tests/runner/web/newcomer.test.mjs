// SPDX-License-Identifier: Apache-2.0
// Somebody who was given an address and nothing else: becomes the owner, adds an integration, makes a project and a
// pipeline, runs it, meets the denial, grants and retries. Only what the page itself says leads the way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { password, World } from './world.mjs';

let world;
let browser;
const secret = 'ghp_newcomer0secret';

before(async () => {
  world = await World.startEmpty();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.end();
});

test('a newcomer gets from the address to a green run', async () => {
  const v = await Visitor.open(browser, world);
  const { page } = v;
  const press = (name) => page.getByRole('button', { name }).first().click();
  const open = (name) => page.getByRole('link', { name }).first().click();

  assert.ok(world.setupLink, 'the server prints no link for the first owner');
  await page.goto(world.setupLink);
  await page.getByLabel('Your e-mail address').fill('nia@acme.test');
  await page.getByLabel('Your name').fill('Nia Newcomer');
  await page.getByLabel('A password').fill(password);
  await page.getByLabel('Your workspace').fill('acme');
  await press('Set it up');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  assert.ok(!page.url().includes('#'), 'the code stays in the address');

  // Who comes back has the server's bare address.
  await press('Sign out');
  await page.getByLabel('E-mail address').waitFor();  // going on at once would break the signing out off
  await page.goto(world.url);
  await page.waitForURL(/\/app\/?$/);
  await page.getByLabel('E-mail address').fill('nia@acme.test');
  await page.getByLabel('Password').fill(password);
  await press('Sign in');
  await page.getByRole('heading', { name: /Projects of/ }).waitFor();

  await open('Integrations');
  await page.getByText('No integrations yet').waitFor();
  await open('Add an integration');
  await page.getByLabel('Service').selectOption({ label: 'GitHub' });
  await page.getByLabel('Name', { exact: true }).fill('GitHub releases');
  await page.locator('[data-field=token]').fill(secret);
  await press('Add the integration');
  await page.getByRole('heading', { name: 'GitHub releases' }).waitFor();
  await page.getByText('github_releases').waitFor();

  await open('Latchkey');
  await page.getByText('Projects of').waitFor();
  await press('Add a project');
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Web site');
  await page.getByRole('dialog').getByRole('button', { name: 'Add the project' }).click();
  await open('Pipelines');
  await press('Add a pipeline');
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('deploy');
  await page.getByRole('dialog').getByLabel('Definition').fill('- pipeline: deploy\n  actions:\n    - action: Publish\n      type: GIT_HUB_CLI\n      integration: github_releases\n      execute_commands:\n        - echo "published with $GITHUB_TOKEN"\n');
  await page.getByRole('dialog').getByRole('button', { name: 'Add the pipeline' }).click();
  await page.getByRole('heading', { name: 'deploy' }).waitFor();
  await press(/^Run$/);
  await page.getByRole('dialog').getByRole('button', { name: /^Run/ }).last().click();

  await page.getByText('Missing permissions to the following integration').first().waitFor();
  await page.getByText('GitHub releases').first().waitFor();
  await press('Grant and retry');
  await page.getByRole('dialog').getByRole('button', { name: 'Grant and retry' }).click();
  await page.locator('.run-title .status', { hasText: 'Successful' }).waitFor({ timeout: 20_000 });
  await page.getByText('published with').first().waitFor();
  assert.ok(!(await page.content()).includes(secret), 'the credential is in the page');
  await v.close();
});
