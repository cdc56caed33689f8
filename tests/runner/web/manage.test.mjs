// SPDX-License-Identifier: Apache-2.0
// Managing who and what may use an integration, by those who may; and what everybody else sees and can press.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { populated, secret } from './team.mjs';

let t;
let browser;
const who = {};

before(async () => {
  t = await populated(['--private-hosts', 'yes']);
  browser = await launch();
  for (const name of ['ana', 'dan', 'bo', 'cy', 'eve']) who[name] = await (await Visitor.open(browser, t.world)).signIn(`${name}@acme.test`);
});
after(async () => {
  for (const v of Object.values(who)) await v.close();
  await browser?.close();
  await t?.end();
});

const at = (key, tab = '') => `/app/acme/integrations/${t.integrations[key].hash_id}${tab ? `/${tab}` : ''}`;
const api = (key) => `/workspaces/acme/integrations/${t.integrations[key].hash_id}`;
const grants = async (key) => (await t.world.must('GET', `/latchkey/v1${api(key)}/grants`)).grants;
const off = async (page, name) => (await page.getByRole('button', { name }).first().getAttribute('aria-disabled')) === 'true';
// Until the page knows what the reader may.
const rights = (page) => page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});

test('who sees and may press what', async () => {
  //            sees   edits  permissions  pipelines: all   delete
  const truth = {
    ana: ['yes', 'on', 'on', 'on', 'on'],  // the owner
    dan: ['yes', 'on', 'on', 'on', 'on'],  // an administrator
    bo: ['yes', 'off', 'off', 'off', 'off'],  // Use, as everybody else
    eve: ['yes', 'off', 'off', 'off', 'off'],  // Use, and may only look at pipelines
    cy: ['no'],  // None (Deny)
  };
  const found = {};
  for (const name of Object.keys(truth)) {
    const { page } = who[name];
    await who[name].go('/app/acme/integrations');
    await page.locator('table.list').waitFor();
    if (await page.getByRole('link', { name: 'GitHub releases' }).count() === 0) {
      await who[name].go(at('releases'));
      await page.getByText('This is not here').waitFor();
      assert.ok(!(await page.content()).includes('github_releases'));
      found[name] = ['no'];
      continue;
    }
    await who[name].go(at('releases'));
    await page.getByText('Granting needs').waitFor();
    await rights(page);
    const state = async (button) => (await off(page, button) ? 'off' : 'on');
    const [edit, remove] = [await state('Edit'), await state(/^Delete this/)];
    await who[name].go(at('releases', 'permissions'));
    await page.getByText('Everybody else').first().waitFor();
    await rights(page);
    const permissions = await page.getByLabel('Level of Everybody else').count() > 0 ? 'on' : 'off';
    await who[name].go(at('releases', 'pipelines'));
    await page.getByRole('button', { name: 'Allow all' }).waitFor();
    await rights(page);
    found[name] = ['yes', edit, permissions, await state('Allow all'), remove];
  }
  assert.deepEqual(found, truth);
  // Where the page is off, the server refuses as well.
  for (const name of ['bo', 'eve', 'cy']) {
    const status = await who[name].page.evaluate(async (path) => {
      const { csrf_token } = await (await fetch('/latchkey/v1/session')).json();
      return (await fetch(path, { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token }, body: '{"name":"mine"}' })).status;
    }, api('releases'));
    assert.equal(status, name === 'cy' ? 404 : 403, name);
  }
});

test('an integration is added from a project; its secret goes in and never comes back', async () => {
  const { page } = who.ana;
  const answers = [];
  page.on('response', async (r) => { if (r.url().includes('/integrations')) answers.push(await r.text().catch(() => '')); });
  await who.ana.go('/app/acme/integrations?project=shop');
  await page.getByRole('link', { name: 'Add an integration' }).first().click();
  await page.getByLabel('Service').selectOption({ label: 'Amazon Web Services' });
  await page.getByLabel('Name', { exact: true }).fill('Shop uploads');
  assert.equal(await page.getByLabel('Scope').inputValue(), 'shop');
  await page.locator('[data-field=access_key]').fill('AKIDSHOP');
  const key = page.locator('[data-field=secret_key]');
  assert.equal(await key.getAttribute('type'), 'password');
  await key.fill(`${secret}-aws`);
  await page.getByRole('button', { name: 'Add the integration' }).click();
  await page.getByRole('heading', { name: 'Shop uploads' }).waitFor();
  await page.getByText('The project shop').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  assert.equal(await page.getByRole('dialog').locator('[data-field=secret_key]').inputValue(), '');
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Shop’s uploads');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Shop’s uploads' }).waitFor();
  await page.getByRole('button', { name: /^Delete this/ }).click();
  await page.getByRole('dialog').getByText('No pipeline names it.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
  await page.waitForURL(/integrations$/);
  await page.getByRole('link', { name: 'GitHub releases' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Shop’s uploads' }).count(), 0);
  assert.ok(answers.length > 3);
  assert.ok(!answers.join('').includes(secret), 'the secret came back');
});

test('the connection is tested: what its service says is told in our words', async () => {
  const asked = [];
  const service = createServer((request, reply) => {
    asked.push(`${request.method} ${request.url}`);
    reply.writeHead(request.headers['private-token'] === secret ? 200 : 401).end('what only the service says');
  });
  await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${service.address().port}`;
  const forge = await t.world.must('POST', '/workspaces/acme/integrations', { name: 'Our forge', type: 'GIT_LAB_ENTERPRISE', host_url: `http://${host}`, token: secret });
  const { page } = who.bo;
  await who.bo.go(`/app/acme/integrations/${forge.hash_id}`);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByRole('status').getByText(`${host} takes the credential`).waitFor();
  await t.world.must('PATCH', `/workspaces/acme/integrations/${forge.hash_id}`, { token: 'another' });
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByRole('status').getByText(`${host} does not take the credential`).waitFor();
  assert.deepEqual(asked, ['GET /api/v4/user', 'GET /api/v4/user']);
  assert.ok(!(await page.content()).includes('what only the service says'));
  // Of some services nothing is known to ask.
  await who.bo.go(at('shop'));
  await page.getByText('There is no harmless question known').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Test the connection' }).count(), 0);
  await t.world.must('DELETE', `/workspaces/acme/integrations/${forge.hash_id}`);
  service.close();
});

test('a row of a permission is added, changed and removed, and what everybody ends up with follows', async () => {
  const { page } = who.ana;
  await who.ana.go(at('announce', 'permissions'));
  const ends = page.locator('table', { hasText: 'Ends up with' });
  // Until what was saved is what the page begins from again.
  const saved = () => page.getByText('Not saved yet.').waitFor({ state: 'detached' });
  const of = (name) => ends.locator('tr', { hasText: name });
  await of('Bo Developer').getByText('the group Release managers').waitFor();
  await of('Bo Developer').getByText('Manage', { exact: true }).waitFor();
  await page.getByLabel('Person or group').selectOption({ label: 'Bo Developer' });
  await page.getByLabel('Level', { exact: true }).selectOption({ label: 'None (Deny)' });
  await page.getByRole('button', { name: 'Add row' }).click();
  await page.getByText('Not saved yet.').waitFor();
  assert.equal((await t.world.must('GET', api('announce'))).permissions.users.length, 0);
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await of('Bo Developer').getByText('None (Deny)').waitFor();
  await of('Bo Developer').getByText('their own row').waitFor();
  await who.bo.go(at('announce'));
  await who.bo.page.getByText('This is not here').waitFor();

  await saved();
  await page.getByLabel('Level of Bo Developer').selectOption({ label: 'Manage' });
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await of('Bo Developer').getByText('their own row').waitFor();
  await saved();
  await page.getByRole('button', { name: 'Remove the row of Bo Developer' }).click();
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await saved();
  await of('Bo Developer').getByText('the group Release managers').waitFor();

  // What somebody else saved meanwhile is not written over.
  await page.getByLabel('Level of Everybody else').selectOption({ label: 'Manage' });
  await t.world.must('PATCH', api('announce'), { name: 'Announcements!' });
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await page.getByText('Somebody else changed this meanwhile').waitFor();
  assert.equal((await t.world.must('GET', api('announce'))).permissions.others, 'USE_ONLY');
});

test('a pipeline is allowed under conditions, and the permission is taken away in another tab', async () => {
  const { page } = who.ana;
  await who.ana.go(at('releases', 'pipelines'));
  await page.getByRole('button', { name: 'Allow a pipeline' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Project').selectOption({ label: 'Web site' });
  await dialog.getByLabel('Pipeline').selectOption({ label: 'Deploy the site' });
  await dialog.getByLabel('Until').selectOption({ label: '8 hours' });
  await dialog.getByLabel(/Only for refs/).fill('refs/heads/main');
  await dialog.getByRole('button', { name: 'Allow it' }).click();
  await page.getByRole('row', { name: /Deploy the site/ }).getByText('refs/heads/main').waitFor();
  const [made] = await grants('releases');
  assert.equal(made.ref, 'refs/heads/main');
  assert.ok(Date.parse(made.expires_at) - Date.now() > 7 * 3600_000);

  const other = await who.ana.tab();
  await who.ana.go(at('releases', 'pipelines'), other);
  await other.getByRole('button', { name: 'Remove Deploy the site' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Take it away' }).click();
  await other.getByText('No pipeline may use it yet').waitFor();
  assert.deepEqual(await grants('releases'), []);
  // The first tab still shows it: what it tries is answered by how things are.
  await page.getByRole('button', { name: 'Remove Deploy the site' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it away' }).click();
  await page.getByText('No pipeline may use it yet').waitFor();
  await other.close();
});

test('“all” is replaced by those that used it', async () => {
  const path = api('releases');
  await t.world.must('PATCH', path, { all_pipelines_allowed: true });
  await t.world.must('PATCH', api('announce'), { all_pipelines_allowed: true });
  assert.equal((await t.ran('deploy')).status, 'SUCCESSFUL');
  const { page } = who.ana;
  await who.ana.go(at('releases', 'pipelines'));
  await page.getByRole('button', { name: /^Replace by/ }).click();
  await page.getByRole('dialog').getByText('Deploy the site').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Allow only 1 pipeline' }).click();
  await page.getByText('Only these pipelines may use it').waitFor();
  assert.equal((await t.world.must('GET', path)).all_pipelines_allowed, false);
  assert.deepEqual((await grants('releases')).map((g) => g.pipeline.name), ['Deploy the site']);
  await who.ana.go(at('releases', 'usage'));
  await page.getByText('Credential given to an action').first().waitFor();
});

test('why: allowed or not, by which rule, for whom', async () => {
  const { page } = who.ana;
  await who.ana.go('/app/acme/why');
  await page.getByLabel('Project').selectOption({ label: 'Web site' });
  await page.getByLabel('Pipeline').selectOption({ label: 'Check' });
  await page.getByLabel('Integration').selectOption({ label: 'GitHub releases' });
  await page.getByText('Denied: Check may not use').waitFor();
  await page.getByRole('row', { name: /on the list/ }).getByText('This settles it').waitFor();
  await page.getByLabel('Person').selectOption({ label: 'Cy Contractor' });
  await page.getByText('None (Deny)').first().waitFor();
  await page.getByLabel('Pipeline').selectOption({ label: 'Deploy the site' });
  await page.getByText('Allowed: Deploy the site may use').waitFor();
  await page.goBack();
  await page.goForward();
});

test('people: a member is added, gets a link, sets a password by it and signs in; a token is shown once', async () => {
  const { page } = who.ana;
  await who.ana.go('/app/acme/people');
  await page.getByRole('button', { name: 'Add a member' }).click();
  await page.getByRole('dialog').getByLabel('E-mail address').fill('flo@acme.test');
  await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  const link = await page.getByLabel('The link').inputValue();
  await page.getByRole('button', { name: 'I have it' }).click();
  const flo = await Visitor.open(browser, t.world);
  await flo.page.goto(link);
  await flo.page.getByLabel('New password').fill('another long password');
  await flo.page.getByLabel('The same again').fill('another long password');
  await flo.page.getByRole('button', { name: /Set it/ }).click();
  await flo.page.getByRole('button', { name: 'Sign out' }).waitFor();
  await flo.go('/app/acme/people/tokens');
  await flo.page.getByRole('button', { name: 'Make a token' }).click();
  await flo.page.getByLabel('What is it for?').fill('My laptop');
  await flo.page.getByRole('button', { name: 'Make the token' }).click();
  const token = await flo.page.getByLabel('The token').inputValue();
  assert.equal((await t.world.ask('GET', '/user', undefined, { Authorization: `Bearer ${token}` })).status, 200);
  await flo.page.getByRole('button', { name: 'I have it' }).click();
  await flo.page.reload();
  await flo.page.getByText('My laptop').waitFor();
  assert.ok(!(await flo.page.content()).includes(token));
  await flo.close();
});

test('the audit log is looked through on the server, verified and taken away', async () => {
  const { page } = who.ana;
  // Of somebody else there is something, too.
  await who.bo.go(`/app/acme/why?project=web&pipeline=${t.pipelines.check}&integration=announcements`);
  await who.bo.page.getByText('Every rule considered').waitFor();
  await who.ana.go('/app/acme/audit');
  const rows = page.locator('table.list tbody tr');
  const all = (filter) => page.waitForFunction((words) => {
    const texts = [...document.querySelectorAll('table.list tbody tr')].map((r) => r.innerText);
    return texts.length > 0 && texts.every((t) => words.every((w) => t.includes(w)));
  }, filter);
  await page.getByLabel('Kind').selectOption({ label: 'Grant' });
  await all(['Grant']);
  assert.match(page.url(), /kind=grant/);
  await page.getByLabel('Integration').selectOption(t.integrations.announce.hash_id);
  await all(['Grant', 'Announcements']);
  // What it is about stands there by name, and leads there.
  await rows.first().getByRole('link', { name: 'Check' }).or(rows.first().getByRole('link', { name: 'Deploy the site' })).first().waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('Person').selectOption({ label: 'Bo Developer' });
  await all(['Bo Developer']);
  await page.getByRole('button', { name: 'Clear' }).click();
  const words = page.getByLabel('Words');
  await words.pressSequentially('signing_key added');
  await all(['SIGNING_KEY']);
  assert.equal(await words.evaluate((e) => e === document.activeElement), true, 'what is typed in lost the focus');
  await words.fill('no such words');
  await page.getByText('No entry fits.').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('From').fill('2001-01-01');
  await page.getByLabel('to', { exact: true }).fill('2001-12-31');
  await page.getByText('No entry fits.').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await rows.first().waitFor();
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText('The chain is whole').waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
  assert.equal(file.suggestedFilename(), 'latchkey-audit-acme.jsonl');
  const { readFileSync } = await import('node:fs');
  const lines = readFileSync(await file.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(lines.length > 30);
  assert.ok(lines.every((e) => typeof e.hash === 'string' && e.kind));
  assert.ok(!JSON.stringify(lines).includes(secret));
});
