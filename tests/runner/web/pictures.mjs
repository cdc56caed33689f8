// SPDX-License-Identifier: Apache-2.0
// The pictures that the README shows: tests/runner/web/screenshots --readme. A run is denied, granted and turns green.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launch, Visitor } from './browser.mjs';
import { secret, team } from './team.mjs';

const folder = process.argv[2] ?? 'examples/pictures';
mkdirSync(folder, { recursive: true });

const steps = (...lines) => lines.map((l) => `        - printf '${l}\\n'\n`).join('');
const action = (name, more, ...lines) => `    - action: ${name}\n      type: BUILD\n      shell: BASH\n${more}      execute_commands:\n${steps(...lines)}`;
const together = '      run_next: IN_SOFT_PARALLEL\n';
const yaml = `- pipeline: deploy
  name: deploy
  refs:
    - refs/heads/main
  actions:
${action('Install', '', 'added 214 packages in 4 s')}
${action('Check types', together, 'no problem found in 61 files')}
${action('Test', together, ...['cart', 'checkout', 'prices', 'search', 'sign-in', 'uploads'].map((n) => `\\033[32m✓\\033[0m ${n} \\033[90m(${n.length * 7} ms)\\033[0m`), '', '\\033[1m6 files, 81 tests, all passed\\033[0m')}
${action('Build', '', 'dist/index.html   \\033[36m 1.2 kB\\033[0m', 'dist/site.css     \\033[36m 8.4 kB\\033[0m', 'dist/site.js      \\033[36m61.0 kB\\033[0m', '\\033[32mbuilt in 2.1 s\\033[0m')}
    - action: Publish the release
      type: GIT_HUB_CLI
      integration: github_releases
      execute_commands:
        - echo "uploading dist.tar.gz with $GITHUB_TOKEN"
        - echo "https://github.com/acme/web/releases/v2.4.0"
    - action: Notify the team
      type: BUILD
      integration: slack_prod
      execute_commands:
        - echo "told \\#releases of v2.4.0"
`;

const t = await team();
const { world, w } = t;
await world.must('POST', `${w}/integrations`, { name: 'Slack production', identifier: 'slack_prod', type: 'SLACK', scope: 'WORKSPACE', all_pipelines_allowed: false, token: secret });
const { id } = await world.must('POST', `${w}/projects/web/pipelines`, { name: 'deploy', yaml });
const at = `${w}/projects/web/pipelines/${id}/executions`;
const run = await world.ended(`${at}/${(await world.must('POST', at, { comment: 'Release 2.4.0' })).id}`);
const path = `/app/acme/web/runs/${run.id}`;
const browser = await launch();
let bytes = 0;

async function take(name, options, address, then) {
  const v = await Visitor.open(browser, world, options);
  await v.signIn('bo@acme.test', address);
  await v.settled();
  await then(v.page);
  await v.page.mouse.move(0, 0);
  const file = join(folder, `${name}.png`);
  await v.page.screenshot({ path: file });
  bytes += statSync(file).size;
  await v.close();
}
const wide = (colorScheme, height = 720) => ({ colorScheme, viewport: { width: 1120, height } });
const shown = (text) => (page) => page.getByText(text).filter({ visible: true }).first().waitFor();
try {
  for (const scheme of ['light', 'dark']) await take(`denied-${scheme}`, wide(scheme, 620), path, shown('can grant'));
  await take('grant', wide('light', 620), path, async (page) => {
    await page.getByRole('button', { name: 'Grant and retry' }).click();
    await page.getByRole('dialog').waitFor();
  });
  await take('phone', { colorScheme: 'dark', viewport: { width: 360, height: 720 } }, path, shown('can grant'));
  await world.must('POST', `/latchkey/v1${at}/${run.id}/grant`, {});
  await world.ended(`${at}/${run.id}`);
  await take('green', wide('dark', 700), `${path}?action=3`, shown('all passed'));
  const { integrations } = await world.must('GET', `${w}/integrations?per_page=100`);
  const slack = integrations.find((i) => i.identifier === 'slack_prod');
  await world.must('PATCH', `${w}/integrations/${slack.hash_id}`, { permissions: { others: 'USE_ONLY', admins: 'MANAGE',
    users: [{ id: t.people.bo, access_level: 'MANAGE' }, { id: t.people.cy, access_level: 'DENIED' }], groups: [{ id: t.group, access_level: 'MANAGE' }] } });
  await take('permissions', wide('light', 760), `/app/acme/integrations/${slack.hash_id}/permissions`, shown('Who ends up with what'));
} finally {
  await browser.close();
  await t.end();
}
console.log(`The pictures are in ${folder}: ${Math.round(bytes / 1024)} KB`);
process.exit(bytes < 600 * 1024 ? 0 : 1);
