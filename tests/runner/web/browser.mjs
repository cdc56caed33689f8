// SPDX-License-Identifier: Apache-2.0
// Chromium, as Debian has it, driven by Playwright; and people in it, each with a browser of their own. What the page's
// policy forbids, what its code throws and what it asks of other servers is collected, and fails the test at its end.
import { chromium } from 'playwright-core';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { password } from './world.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export async function launch() {
  if (!program) throw new Error('there is no Chromium, so the page was not looked at: run .ci/install test');
  // As root, and in containers, Chromium's own sandbox can't be.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

// What must not happen on any page. `expected`: a text that says it was meant to.
function watch(page, world, complaints) {
  page.on('pageerror', (error) => complaints.push(`threw ${error.stack ?? error}`));
  page.on('console', (message) => {
    // Chromium itself says of each refused call that it was one.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${world.url}/`) && !/^(data|blob|about):/.test(url)) complaints.push(`asked another server: ${url}`);
  });
}

export class Visitor {
  complaints = [];

  static async open(browser, world, options = {}) {
    const v = new Visitor();
    v.world = world;
    v.context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce', locale: 'en-GB', ...options });
    // Before any script of the page: also what is only reported is kept.
    await v.context.addInitScript(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
    v.page = await v.tab();
    return v;
  }

  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(15_000);
    watch(page, this.world, this.complaints);
    return page;
  }

  async go(path, page = this.page) {
    await page.goto(this.world.url + path);
    await this.settled(page);
  }

  // Nothing is loading any more.
  async settled(page = this.page) {
    await page.waitForFunction(() => document.getElementById('app')?.childElementCount > 0);
    await page.waitForFunction(() => document.querySelector('.waiting-bar') === null);
    // A page that is live has a stream open, and is never idle.
    await page.waitForLoadState('networkidle', { timeout: 1000 }).catch(() => {});
  }

  async signIn(email, path = '/app/') {
    await this.page.goto(this.world.url + path);
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.getByRole('button', { name: 'Sign out' }).or(this.page.getByRole('button', { name: 'Navigation' })).first().waitFor();
    return this;
  }

  async checkViolations(page = this.page) {
    const found = await page.evaluate(() => window.violations ?? []).catch(() => []);
    this.complaints.push(...found.map((v) => `policy: ${v} on ${page.url()}`));
  }

  // Every rule of WCAG 2.2 A and AA, and the good habits.
  async axe(page = this.page) {
    // By the protocol of the debugger: the page's policy lets no script in, and shouldn't.
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.target.join(' ')} ${n.failureSummary?.split('\n').slice(1).join(';') ?? ''}`));
  }

  async close() {
    for (const page of this.context.pages()) await this.checkViolations(page);
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}
