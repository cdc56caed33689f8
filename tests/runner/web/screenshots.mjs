// SPDX-License-Identifier: Apache-2.0
// A picture of every page, light and dark, wide and narrow: tests/runner/web/screenshots [FOLDER [NAME…]].
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, Visitor } from './browser.mjs';
import { pages } from './pages.mjs';
import { populated } from './team.mjs';

const [folder = 'build/screenshots', ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const t = await populated();
const browser = await launch();
let failed = 0;
try {
  const states = new Map();
  const stateOf = async (who) => {
    if (who === null) return undefined;
    if (!states.has(who)) {
      const v = await Visitor.open(browser, t.world);
      await v.signIn(`${who}@acme.test`);
      states.set(who, await v.context.storageState());
      await v.context.close();
    }
    return states.get(who);
  };
  const kinds = [['light', 1280], ['dark', 1280], ['light', 360], ['dark', 360]];
  for (const p of pages(t)) {
    if (only.length > 0 && !only.some((name) => p.name.startsWith(name))) continue;
    await Promise.all(kinds.map(async ([scheme, width]) => {
      const v = await Visitor.open(browser, t.world, { storageState: await stateOf(p.as), colorScheme: scheme, viewport: { width, height: width === 360 ? 720 : 800 } });
      try {
        await v.go(p.path);
        await v.page.getByText(p.ready).filter({ visible: true }).first().waitFor({ timeout: 5000 });
        if (p.then) await p.then(v.page);
        await v.settled();
        if (p.hide) await v.page.locator(p.hide).evaluate((e) => { e.value = '…'; });
        const wide = await v.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) { console.error(`${p.name} ${scheme} ${width}: ${wide} px wider than the screen`); ++failed; }
      } catch (error) {
        console.error(`${p.name} ${scheme} ${width}: ${String(error).split('\n')[0]}`);
        ++failed;
      }
      // As a whole: from the top, and what is drawn only where it is seen, too.
      await v.page.evaluate(() => {
        for (const e of document.querySelectorAll('.actions-list li')) e.style.contentVisibility = 'visible';
        if (!document.querySelector('dialog[open]')) scrollTo(0, 0);
      });
      await v.page.screenshot({ path: join(folder, `${p.name}-${scheme}-${width}.png`), fullPage: true });
      await v.checkViolations();
      for (const c of v.complaints) { console.error(`${p.name}: ${c}`); ++failed; }
      await v.context.close();
    }));
  }
} finally {
  await browser.close();
  await t.end();
}
console.log(`The pictures are in ${folder}`);
process.exit(failed === 0 ? 0 : 1);
