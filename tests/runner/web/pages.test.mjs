// SPDX-License-Identifier: Apache-2.0
// Every page, in both themes and on a narrow screen: no rule of accessibility is broken, nothing that the policy forbids
// is tried, nothing is wider than the screen, and no credential is in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';
import { pages } from './pages.mjs';
import { populated, secret } from './team.mjs';

let t;
let browser;
const visitors = new Map();

before(async () => {
  t = await populated();
  browser = await launch();
  for (const who of [null, 'ana', 'bo']) {
    const v = await Visitor.open(browser, t.world);
    if (who !== null) await v.signIn(`${who}@acme.test`);
    visitors.set(who, v);
  }
});
after(async () => {
  await browser?.close();
  await t?.end();
});

test('every page', async (all) => {
  const list = pages(t);
  assert.ok(list.length > 30);
  for (const p of list) {
    await all.test(p.name, async () => {
      const v = visitors.get(p.as);
      const page = await v.tab();
      try {
        await page.goto(t.world.url + p.path);
        await page.getByText(p.ready).filter({ visible: true }).first().waitFor();
        if (p.then) await p.then(page);
        await page.waitForFunction(() => document.querySelector('.waiting-bar') === null);
        const problems = [];
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          problems.push(...(await v.axe(page)).map((x) => `${colorScheme}: ${x}`));
        }
        assert.deepEqual(problems, []);
        assert.equal(await page.locator('h1').count(), 1);
        assert.match(await page.title(), /Latchkey$/);
        await page.setViewportSize({ width: 360, height: 720 });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is wider than a phone');
        const all = await page.evaluate(() => `${document.documentElement.outerHTML} ${[...document.querySelectorAll('input,textarea')].map((e) => e.value).join(' ')}`);
        assert.ok(!all.includes(secret), 'a credential is in the page');
        assert.ok(await page.evaluate(() => ![...document.querySelectorAll('*')].some((e) => [...e.attributes].some((a) => a.name.startsWith('on')))), 'a handler in an attribute');
      } finally {
        await v.checkViolations(page);
        await page.close();
      }
      assert.deepEqual(v.complaints.splice(0), []);
    });
  }
});
