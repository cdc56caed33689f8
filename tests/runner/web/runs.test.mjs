// SPDX-License-Identifier: Apache-2.0
// The story of the product, in two browsers: a run is denied, somebody else grants and retries, both see it turn green.
// And what may go wrong on the way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { team } from './team.mjs';

let t;
let browser;
const w = '/app/acme/web';

before(async () => {
  t = await team();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await t?.end();
});

const visit = async (who, path) => {
  const v = await Visitor.open(browser, t.world);
  return v.signIn(`${who}@acme.test`, path);
};
const pill = (v, words) => v.page.locator('.run-title .status', { hasText: words }).waitFor({ timeout: 20_000 });
// A pipeline of its own for each test: a grant of one is none of another.
let made = 0;
async function denied(names = ['github_releases']) {
  const name = `Deploy ${++made}`;
  const actions = names.map((n) => `    - action: Use ${n}\n      type: GIT_HUB_CLI\n      integration: ${n}\n      execute_commands:\n        - echo "used ${n}"\n`);
  const yaml = `- pipeline: ${name}\n  actions:\n    - action: Prepare\n      type: BUILD\n      shell: BASH\n      execute_commands:\n        - for i in $(seq 1 300); do echo "line $i of it"; done\n${actions.join('')}`;
  const { id } = await t.world.must('POST', `${t.w}/projects/web/pipelines`, { name, yaml });
  const at = `${t.w}/projects/web/pipelines/${id}/executions`;
  const run = await t.world.ended(`${at}/${(await t.world.must('POST', at, {})).id}`);
  assert.equal(run.status, 'FAILED');
  return { name, id, run: run.id, at: `${at}/${run.id}`, page: `${w}/runs/${run.id}` };
}

test('a run is denied, somebody else grants and retries, both see it turn green', async () => {
  const d = await denied(['github_releases', 'announcements']);
  const eve = await visit('eve', d.page);
  const bo = await visit('bo', d.page);
  const off = eve.page.getByRole('button', { name: 'Grant and retry' });
  await off.waitFor();
  await eve.page.getByText('GitHub releases').first().waitFor();
  assert.equal(await off.getAttribute('aria-disabled'), 'true');
  await off.press('Enter');
  assert.equal(await eve.page.getByRole('dialog').count(), 0);

  await bo.page.getByRole('button', { name: 'Grant and retry' }).click();
  const dialog = bo.page.getByRole('dialog');
  const said = await dialog.locator('.sentence').innerText();
  assert.match(said, new RegExp(`Pipeline ${d.name} may use .*GitHub releases.* and .*Announcements.*, on any ref, without an end\\.`));
  const clicked = Date.now();
  await dialog.getByRole('button', { name: 'Grant and retry' }).dblclick();
  await bo.page.getByRole('link', { name: 'Attempt 2' }).waitFor();
  const took = Date.now() - clicked;
  await pill(bo, 'Successful');
  await pill(eve, 'Successful');
  assert.equal(await eve.page.getByRole('link', { name: /Attempt/ }).count(), 2);
  assert.equal((await t.world.must('GET', d.at)).attempts.length, 2, 'a double click made one attempt');
  console.log(`# the new attempt was on the screen ${took} ms after the click`);
  await bo.close();
  await eve.close();
});

test('who may not know an integration reads neither its name nor who can grant it', async () => {
  const d = await denied();
  const cy = await visit('cy', d.page);
  await cy.page.getByText('An integration that you may not see').waitFor();
  const all = await cy.page.evaluate(() => document.documentElement.outerHTML);
  for (const word of ['GitHub releases', t.integrations.releases.hash_id, 'ana@acme.test']) assert.ok(!all.includes(word), word);
  assert.equal(await cy.page.getByRole('button', { name: 'Grant and retry' }).getAttribute('aria-disabled'), 'true');
  await cy.close();
});

test('a right that was taken away meanwhile does not count', async () => {
  const d = await denied();
  const bo = await visit('bo', d.page);
  await bo.page.getByRole('button', { name: 'Grant and retry' }).click();
  const at = `${t.w}/integrations/${t.integrations.releases.hash_id}`;
  const rights = (await t.world.must('GET', at)).permissions;
  await t.world.must('PATCH', at, { permissions: { ...rights, users: [...rights.users, { id: t.people.bo, access_level: 'DENIED' }] } });
  await bo.page.getByRole('dialog').getByRole('button', { name: 'Grant and retry' }).click();
  await bo.page.getByRole('dialog').getByRole('alert').waitFor();
  assert.equal((await t.world.must('GET', d.at)).attempts.length, 1);
  await bo.page.keyboard.press('Escape');
  await bo.page.getByText('An integration that you may not see').waitFor();
  await t.world.must('PATCH', at, { permissions: rights });
  await bo.close();
});

test('what is allowed is what the dialog says: this ref, for so long, this run only', async () => {
  const d = await denied();
  const ana = await visit('ana', d.page);
  await ana.page.getByRole('button', { name: 'Grant and retry' }).click();
  const dialog = ana.page.getByRole('dialog');
  await dialog.getByLabel('On', { exact: true }).selectOption('pattern');
  await dialog.getByLabel('Refs like').fill('refs/*');
  await dialog.getByLabel('Until').selectOption({ label: 'For 8 hours' });
  await dialog.getByLabel('This run only').check();
  assert.match(await dialog.locator('.sentence').innerText(), /on refs like refs\/\*, in run #\d+ only/);
  await dialog.getByRole('button', { name: 'Grant and retry' }).click();
  await ana.page.getByRole('link', { name: 'Attempt 2' }).waitFor();
  const grants = await t.world.must('GET', `/latchkey/v1${t.w}/integrations/${t.integrations.releases.hash_id}/grants`);
  const grant = JSON.stringify(Object.values(grants).flat().filter((g) => JSON.stringify(g).includes(d.name)));
  assert.match(grant, /refs\/\*/);
  assert.match(grant, /expires/);
  await ana.close();
});

test('a lost connection is told, and what happened meanwhile is there when it is back', async () => {
  const run = await t.ran('nightly');
  const ana = await visit('ana', `${w}/runs/${run.id}`);
  await pill(ana, 'Failed');
  await t.world.stop();
  await ana.page.getByText('The connection to the server is lost').waitFor();
  await t.world.serve();
  await t.world.must('PATCH', `${t.at('nightly')}/executions/${run.id}`, { operation: 'RETRY' });
  await ana.page.getByRole('link', { name: 'Attempt 2' }).waitFor({ timeout: 30_000 });
  await ana.page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
  await pill(ana, 'Failed');
  await ana.close();
});

test('the address says where one is: back, forward, a line of a log, another tab', async () => {
  const run = await t.ran('check');
  const ana = await visit('ana', w);
  await ana.page.getByRole('link', { name: new RegExp(`#${run.id}$`) }).click();
  await ana.page.getByText('test 7 ok').waitFor();
  await ana.page.locator('.num[data-n="7"]').click();
  assert.match(ana.page.url(), /runs\/\d+\?action=1#L7$/);
  await ana.page.locator('.num[data-n="9"]').click({ modifiers: ['Shift'] });
  assert.match(ana.page.url(), /#L7-L9$/);
  assert.equal(await ana.page.locator('.log-line.chosen').count(), 3);
  const other = await ana.tab();
  await ana.go(new URL(ana.page.url()).pathname + new URL(ana.page.url()).search + '#L31', other);
  await other.locator('.log-line.chosen', { hasText: 'test 31 ok' }).waitFor();
  await ana.page.goBack();
  await ana.page.getByRole('heading', { name: 'Web site' }).waitFor();
  await ana.page.goForward();
  await ana.page.locator('.log-line.chosen', { hasText: 'test 8 ok' }).waitFor();
  await ana.close();
});

test('a text is found in a log', async () => {
  const run = await t.ran('check');
  const ana = await visit('ana', `${w}/runs/${run.id}`);
  await ana.page.getByText('test 1 ok', { exact: true }).waitFor();
  await ana.page.getByLabel('Search in the log').fill('TEST 3');
  await ana.page.getByText('1 of 11').waitFor();
  await ana.page.keyboard.press('Enter');
  await ana.page.getByText('2 of 11').waitFor();
  await ana.page.locator('.log-line.chosen', { hasText: 'test 30 ok' }).waitFor();
  await ana.close();
});

test('it can be done by keys alone', async () => {
  const d = await denied();
  const v = await Visitor.open(browser, t.world);
  const { page } = v;
  await page.goto(t.world.url + d.page);
  await page.getByLabel('E-mail address').waitFor();
  await page.keyboard.type('ana@acme.test');
  await page.keyboard.press('Tab');
  await page.keyboard.type((await import('./world.mjs')).password);
  await page.keyboard.press('Enter');
  await page.locator('.denied .button.primary:not([aria-disabled])').waitFor();
  await page.keyboard.press('p');
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.closest('dialog') !== null), true);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('p');
  await page.getByRole('dialog').waitFor();
  for (let i = 0; i < 8 && await page.evaluate(() => document.activeElement?.textContent) !== 'Grant and retry'; ++i) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Attempt 2' }).waitFor();
  await pill(v, 'Successful');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('[');
  await page.getByText('This is attempt 1 of 2').waitFor();
  await page.keyboard.press('u');
  await page.getByRole('heading', { name: d.name }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
  await v.close();
});

test('a run that waits goes on when it is approved', async () => {
  const run = await t.ran('release');
  const ana = await visit('ana', `${w}/runs/${run.id}`);
  await pill(ana, 'Waits for approval');
  await ana.page.getByRole('button', { name: 'Approve' }).click();
  await pill(ana, 'Successful');
  await ana.page.getByText('released').first().waitFor();
  await ana.close();
});

test('a run that waits for values takes them here, the secret ones sealed', async () => {
  const yaml = `- pipeline: Ask\n  actions:\n    - action: Values\n      type: WAIT_FOR_VARIABLES\n      comment: For the release\n      variables:\n        - {key: CODE, encrypted: true}\n        - {key: COLOUR, value: red}\n    - action: Use\n      type: BUILD\n      shell: BASH\n      execute_commands:\n        - echo "got $COLOUR $CODE"\n        - test "$CODE" = "planted words"\n`;
  const { id } = await t.world.must('POST', `${t.w}/projects/web/pipelines`, { name: 'Ask', yaml });
  const at = `${t.w}/projects/web/pipelines/${id}/executions`;
  const run = await t.world.must('POST', at, {});
  const bo = await visit('bo', `${w}/runs/${run.id}`);
  const { page } = bo;
  await pill(bo, 'Waits for variables');
  const code = page.getByLabel('CODE', { exact: true });
  await code.waitFor();
  assert.equal(await code.getAttribute('type'), 'password');
  const goOn = page.getByRole('button', { name: 'Go on with these' });
  assert.equal(await goOn.getAttribute('aria-disabled'), 'true');
  await code.fill('planted words');
  await page.getByLabel('COLOUR', { exact: true }).fill('blue');
  await goOn.click();
  await pill(bo, 'Successful');
  await page.getByText('got blue').waitFor();
  assert.ok(!(await page.content()).includes('planted words'));
  await bo.close();
});

test('long lines are wrapped where somebody wants it, and every line is still there', async () => {
  const yaml = `- pipeline: Long lines\n  actions:\n    - action: Talk\n      type: BUILD\n      shell: BASH\n      execute_commands:\n        - for i in $(seq 1 900); do echo "line $i $([ $((i % 7)) = 0 ] && head -c 700 /dev/zero | tr '\\0' x)"; done\n`;
  const { id } = await t.world.must('POST', `${t.w}/projects/web/pipelines`, { name: 'Long lines', yaml });
  const at = `${t.w}/projects/web/pipelines/${id}/executions`;
  const run = await t.world.ended(`${at}/${(await t.world.must('POST', at, {})).id}`);
  const ana = await visit('ana', `${w}/runs/${run.id}#L450`);
  const { page } = ana;
  const log = page.locator('.log');
  const line = (n) => page.locator('.log-line', { has: page.locator(`.num[data-n="${n}"]`) });
  await line(448).filter({ hasText: 'xxxx' }).waitFor();
  const seen = (n) => page.waitForFunction((number) => {
    const [a, b] = [document.querySelector(`.num[data-n="${number}"]`)?.getBoundingClientRect(), document.querySelector('.log').getBoundingClientRect()];
    return a && a.top >= b.top - 1 && a.top <= b.bottom;
  }, n);
  assert.ok(await log.evaluate((e) => e.scrollWidth > e.clientWidth));
  await page.getByRole('button', { name: 'Wrap' }).click();
  await page.waitForFunction(() => { const e = document.querySelector('.log'); return e.scrollWidth <= e.clientWidth; });
  const end = async () => { await log.evaluate((e) => { e.scrollTop = e.scrollHeight; }); await seen(900); };
  await end();
  const bottom = await line(900).evaluate((e) => document.querySelector('.log').getBoundingClientRect().bottom - e.getBoundingClientRect().bottom);
  assert.ok(Math.abs(bottom) < 12, `the last line ends ${bottom} px above the end`);
  await log.evaluate((e) => { e.scrollTop = 0; });
  await seen(1);
  // A long one is as high as its rows, and the one after it follows.
  const [long, next] = [await line(7).boundingBox(), await line(8).boundingBox()];
  assert.ok(long.height >= 60 && Math.abs(long.y + long.height - next.y) < 1);
  await page.getByLabel('Search in the log').fill('line 333 ');
  await seen(333);
  await page.reload();
  await page.locator('.log.wrapped .log-line').first().waitFor();
  await page.keyboard.press('w');
  await page.locator('.log:not(.wrapped) .log-line').first().waitFor();
  await ana.close();
});

test('names and output of others are text', async () => {
  const name = '<img src=x onerror=window.owned=1>\u202egnp';
  const out = String.raw`printf '\033]8;;javascript:window.owned=1\033\\click\033]8;;\033\\ \033]8;;https://acme.test/\033\\good\033]8;;\033\\ <script>window.owned=1</script> \033[2J\033]52;c;aGk=\007end\n'`;
  const yaml = JSON.stringify([{ pipeline: name, actions: [{ action: `"><svg onload=window.owned=1>${'n'.repeat(2000)}`, type: 'BUILD', shell: 'BASH', execute_commands: [out] }] }]);
  const { id } = await t.world.must('POST', `${t.w}/projects/web/pipelines`, { name, yaml });
  const at = `${t.w}/projects/web/pipelines/${id}/executions`;
  const run = await t.world.ended(`${at}/${(await t.world.must('POST', at, { comment: '<h1>x</h1>\u202e' })).id}`);
  const ana = await visit('ana', `${w}/runs/${run.id}`);
  await ana.page.locator('.log-line', { hasText: 'end' }).waitFor();
  const line = ana.page.locator('.log-line .text').first();
  assert.equal((await line.innerText()).trim(), 'click good <script>window.owned=1</script> end');
  assert.deepEqual(await line.locator('a').evaluateAll((all) => all.map((a) => a.href)), ['https://acme.test/']);
  assert.equal(await ana.page.evaluate(() => window.owned), undefined);
  assert.ok(!(await ana.page.evaluate(() => document.body.innerText)).includes('\u202e'));
  await ana.close();
});
