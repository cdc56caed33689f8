// SPDX-License-Identifier: Apache-2.0
// What other people's pages and other people's names may not do.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { corpus } from './hostile.mjs';
import { team, secret } from './team.mjs';

let t;
let browser;
let evil;
let evilUrl;
let evilPage = '';

before(async () => {
  t = await team();
  browser = await launch();
  evil = createServer((_, reply) => { reply.setHeader('Content-Type', 'text/html'); reply.end(evilPage); });
  await new Promise((resolve) => evil.listen(0, '127.0.0.1', resolve));
  // Another name of this machine: another site than 127.0.0.1.
  evilUrl = `http://localhost:${evil.address().port}/`;
});
after(async () => {
  evil?.close();
  await browser?.close();
  await t?.end();
});

test('no other page can show it in a frame', async () => {
  const v = await Visitor.open(browser, t.world);
  await v.signIn('ana@acme.test');
  evilPage = `<iframe src="${t.world.url}/app/acme/integrations" width="900" height="600"></iframe>`;
  const page = await v.context.newPage();  // its own complaints are the point
  const refused = page.waitForEvent('console', (m) => /frame-ancestors|refused|X-Frame-Options/i.test(m.text()));
  await page.goto(evilUrl);
  await refused;
  const frame = page.frames()[1];
  assert.equal(await frame.evaluate(() => document.body?.innerText ?? '').then((text) => text.includes('GitHub releases')).catch(() => false), false);
  await page.close();
  await v.close();
});

test('no other page can act as who is signed in, or read what they see', async () => {
  const v = await Visitor.open(browser, t.world);
  await v.signIn('ana@acme.test');
  const target = `${t.world.url}/workspaces/acme/integrations/${t.integrations.releases.hash_id}`;
  evilPage = `<form id="f" method="post" action="${t.world.url}/latchkey/v1/workspaces/acme/members/${t.people.bo}/password-link"><input name="x" value="1"></form>`;
  const page = await v.context.newPage();
  await page.goto(evilUrl);
  const outcomes = await page.evaluate(async (url) => {
    const tried = {};
    const ask = async (name, options) => {
      try {
        const reply = await fetch(url, { credentials: 'include', ...options });
        tried[name] = reply.type === 'opaque' ? 'opaque' : `read ${reply.status}`;
      } catch { tried[name] = 'refused'; }
    };
    await ask('read', {});
    await ask('read blindly', { mode: 'no-cors' });
    await ask('delete', { method: 'DELETE' });
    await ask('change', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: '{"all_pipelines_allowed":true}' });
    await ask('simple post', { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: '{"all_pipelines_allowed":true}' });
    return tried;
  }, target);
  assert.deepEqual(outcomes, { read: 'refused', 'read blindly': 'opaque', delete: 'refused', change: 'refused', 'simple post': 'opaque' });
  // Until the form's answer is shown: going on while it is still on its way would be interrupted by it.
  const [answer] = await Promise.all([page.waitForResponse((r) => r.url().includes('password-link')), page.waitForURL((url) => url.pathname.endsWith('/password-link')),
    page.evaluate(() => document.getElementById('f').submit())]);
  assert.ok([401, 403].includes(answer.status()), String(answer.status()));
  const still = await t.world.must('GET', `/workspaces/acme/integrations/${t.integrations.releases.hash_id}`);
  assert.equal(still.all_pipelines_allowed, false);
  // A page that opened it has no handle on it.
  await page.goto(evilUrl);
  await page.evaluate((url) => { window.opened = open(url); }, `${t.world.url}/app/acme/integrations`);
  // Its policy cuts the tie: for who opened it, it is as if it were closed.
  await page.waitForFunction(() => window.opened.closed);
  await page.close();
  await v.close();
});

test('whatever a name or a text holds, it is text', async () => {
  const { world } = t;
  const w = '/workspaces/acme';
  let taken = 0;
  for (const [i, text] of corpus.entries()) {
    const make = async (path, body) => {
      const done = await world.ask('POST', path, body);
      if (done.status >= 500) throw new Error(`${path}: ${done.status} ${done.text}`);
      if (done.status < 300) taken += 1;
    };
    await make(`${w}/integrations`, { name: text, type: 'GIT_HUB', token: secret, identifier: `hostile_${i}`, scope: 'WORKSPACE', all_pipelines_allowed: false });
    await make(`${w}/groups`, { name: text, description: text });
    await make(`${w}/variables`, { key: `HOSTILE_${i}`, value: text, type: 'VAR', description: text });
    await make(`${w}/permissions`, { name: text, description: text, pipeline_access_level: 'RUN_ONLY' });
  }
  // Most are names that the server takes: it is the page that must not be impressed.
  assert.ok(taken > corpus.length * 2, `only ${taken} were taken`);
  const v = await Visitor.open(browser, t.world);
  await v.signIn('ana@acme.test');
  v.page.on('dialog', (d) => { v.complaints.push(`a dialog: ${d.message()}`); void d.dismiss(); });
  for (const at of ['integrations', 'groups', 'people/roles', 'variables', 'audit']) {
    await v.go(`/app/acme/${at}`);
    const page = v.page;
    await page.locator('table.list tbody tr').nth(3).waitFor();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    // Nothing of theirs became an element, an address or a style.
    const made = await page.evaluate(() => document.querySelectorAll('main img, main script, main iframe, main svg[onload], main [style], main a[href^="javascript"], main b, main h1 ~ h1, main marquee').length);
    assert.equal(made, 0, at);
    // Marks that turn text around, and what terminals obey, are shown as what they are.
    const text = await page.evaluate(() => document.querySelector('main').innerText);
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/, at);
    await page.setViewportSize({ width: 360, height: 720 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${at} is wider than a phone`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await v.checkViolations();
  }
  await v.close();
});

test('the server takes the page’s own addresses only, and its answers are not for guessing', async () => {
  for (const path of ['/app/', '/app/acme/integrations', '/latchkey/v1/session']) {
    const reply = await fetch(t.world.url + path, { headers: { Origin: 'https://evil.test' } });
    assert.equal(reply.headers.get('access-control-allow-origin'), null);
    await reply.text();
  }
});
