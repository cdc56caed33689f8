// SPDX-License-Identifier: Apache-2.0
// What is kept up to date without a click: lists of runs, and the inbox of those who can help.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { team } from './team.mjs';

let t;
let browser;
const w = '/app/acme';

before(async () => {
  t = await team();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await t?.end();
});

const visit = async (who, path) => (await Visitor.open(browser, t.world)).signIn(`${who}@acme.test`, path);
const row = (page, pipeline, run) => page.getByRole('row').filter({ has: page.getByRole('link', { name: new RegExp(`^${pipeline} #${run}$`) }) });

test('a run appears in every list as it happens', async () => {
  const ana = await visit('ana', `${w}/runs`);
  await ana.page.getByText('Nothing has run yet').waitFor();
  const first = await t.ran('nightly');
  await row(ana.page, 'Nightly', first.id).getByText('Failed').waitFor();
  const project = await ana.tab();
  await ana.go(`${w}/web`, project);
  const pipeline = await ana.tab();
  await ana.go(`${w}/web/pipelines/${t.pipelines.check}`, pipeline);
  await pipeline.getByText('It has not run yet').waitFor();
  const run = await t.run('check');
  for (const page of [ana.page, project, pipeline]) {
    await page.bringToFront();
    await row(page, 'Check', run.id).getByText('Successful').waitFor();
  }
  await ana.close();
});

test('filters are in the address, and hold for what comes', async () => {
  const failed = await t.ran('nightly');
  const good = await t.ran('check');
  const ana = await visit('ana', `${w}/runs`);
  await row(ana.page, 'Check', good.id).waitFor();
  await ana.page.getByLabel('Status').selectOption({ label: 'Failed' });
  await row(ana.page, 'Check', good.id).waitFor({ state: 'detached' });
  await row(ana.page, 'Nightly', failed.id).waitFor();
  assert.match(ana.page.url(), /\?status=failed$/);
  const another = await t.ran('check');
  const next = await t.ran('nightly');
  await row(ana.page, 'Nightly', next.id).waitFor();
  assert.equal(await row(ana.page, 'Check', another.id).count(), 0);
  await ana.page.reload();
  await row(ana.page, 'Nightly', next.id).waitFor();
  assert.equal(await row(ana.page, 'Check', another.id).count(), 0);
  await ana.page.getByRole('button', { name: 'Clear' }).click();
  await row(ana.page, 'Check', another.id).waitFor();
  await ana.close();
});

test('who may not grant asks, who may finds it among the approvals and grants, and it is gone', async () => {
  const run = await t.ran('deploy');
  assert.equal(run.status, 'FAILED');
  const eve = await visit('eve', `${w}/web/runs/${run.id}`);
  await eve.page.getByRole('button', { name: 'Ask for access' }).click();
  await eve.page.getByRole('dialog').getByLabel('Why it is needed').fill('<b>the release is today</b>');
  await eve.page.getByRole('dialog').getByRole('button', { name: 'Ask', exact: true }).click();
  await eve.page.getByText(/^Asked\./).waitFor();

  const ana = await visit('ana', `${w}/approvals`);
  const request = ana.page.getByRole('listitem').filter({ hasText: 'GitHub releases' });
  await request.getByText('<b>the release is today</b>').waitFor();
  assert.match(await request.innerText(), /Eve Reader asked that Deploy the site may use GitHub releases/);
  await request.getByRole('link', { name: 'Look and grant' }).click();
  await ana.page.getByRole('button', { name: 'Grant and retry' }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Grant and retry' }).click();
  await eve.page.bringToFront();
  await eve.page.locator('.run-title .status', { hasText: 'Successful' }).waitFor({ timeout: 20_000 });
  await ana.go(`${w}/approvals`);
  await ana.page.getByText('Nothing waits for you').waitFor();
  await ana.close();
  await eve.close();
});

test('a run that waits is approved from the inbox', async () => {
  const ana = await visit('ana', `${w}/approvals`);
  await ana.page.getByText('Nothing waits for you').waitFor();
  const run = await t.ran('release');
  await ana.page.getByText('Is the changelog written?').waitFor();
  await ana.page.getByRole('link', { name: 'Approvals' }).getByText('1').waitFor();
  await ana.page.getByRole('button', { name: 'Approve' }).click();
  await ana.page.getByText('Nothing waits for you').waitFor();
  assert.equal((await t.world.ended(`${t.at('release')}/executions/${run.id}`)).status, 'SUCCESSFUL');
  await ana.close();
});

test('what is wrong with a definition stands at its line, and it is saved when it is right', async () => {
  const ana = await visit('ana', `${w}/web/pipelines/${t.pipelines.nightly}/definition`);
  const text = ana.page.getByLabel('Definition');
  await text.waitFor();
  const before = await text.inputValue();
  await text.fill(before.replace('type: BUILD', 'type: BUIDL'));
  await ana.page.getByRole('list', { name: 'Problems' }).getByRole('button').first().waitFor();
  await ana.page.locator('.editor li.has-error, .editor li.has-warning').first().waitFor();
  await text.fill(before.replace('exit 3', 'exit 0'));
  await ana.page.getByRole('list', { name: 'Problems' }).waitFor({ state: 'detached' });
  await ana.page.getByRole('button', { name: 'Save' }).click();
  await ana.page.getByText('The definition is saved.').waitFor();
  assert.equal((await t.ran('nightly')).status, 'SUCCESSFUL');
  await ana.close();
});

test('a run is started with variables', async () => {
  const yaml = '- pipeline: Greet\n  actions:\n    - action: Say\n      type: BUILD\n      shell: BASH\n      execute_commands:\n        - echo "hello $WHO from $BUDDY_PIPELINE_NAME"\n';
  const { id } = await t.world.must('POST', `${t.w}/projects/web/pipelines`, { name: 'Greet', yaml });
  const bo = await visit('bo', `${w}/web/pipelines/${id}`);
  await bo.page.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = bo.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add a variable' }).click();
  await dialog.getByLabel('Name').fill('WHO');
  await dialog.getByLabel('Value').fill('<i>you</i>');
  await dialog.getByRole('button', { name: 'Run' }).click();
  await bo.page.getByText('hello <i>you</i> from Greet').waitFor();
  await bo.close();
});
