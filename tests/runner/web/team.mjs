// SPDX-License-Identifier: Apache-2.0
// The team that the tests and the pictures have: who is who, what may be used by whom, and runs of every kind.
import { World } from './world.mjs';

const w = '/workspaces/acme';

export const secret = 'ghp_planted0secret0that0no0page0shows';

const deploy = `- pipeline: Deploy the site
  name: Deploy the site
  refs:
    - refs/heads/main
  actions:
    - action: Build the page
      type: BUILD
      shell: BASH
      execute_commands:
        - echo "building"
        - printf '\\033[32mall green\\033[0m and \\033[1;31mred\\033[0m\\n'
    - action: Publish a release
      type: GIT_HUB_CLI
      integration: github_releases
      execute_commands:
        - echo "published with $GITHUB_TOKEN"
    - action: Tell the team
      type: GIT_HUB_CLI
      integration: announcements
      execute_commands:
        - echo told
`;
const check = `- pipeline: Check
  name: Check
  actions:
    - action: Test
      type: BUILD
      shell: BASH
      execute_commands:
        - for i in $(seq 1 40); do echo "test $i ok"; done
`;
const fails = `- pipeline: Nightly
  name: Nightly
  actions:
    - action: Compare
      type: BUILD
      shell: BASH
      execute_commands:
        - echo "comparing"
        - exit 3
`;
const waits = `- pipeline: Release
  name: Release
  actions:
    - action: Go ahead
      type: WAIT_FOR_APPLY
      comment: Is the changelog written?
    - action: Release
      type: BUILD
      shell: BASH
      execute_commands:
        - echo released
`;

export async function team(options) {
  const world = await World.start(options);
  const t = { world, people: {}, pipelines: {}, integrations: {}, end: () => world.end(), w };
  const add = async (who, name) => { t.people[who] = await world.person(`${who}@acme.test`, name); };
  await add('ana', 'Ana Owner');
  await add('dan', 'Dan Admin');
  await add('bo', 'Bo Developer');
  await add('cy', 'Cy Contractor');
  await add('eve', 'Eve Reader');
  await world.must('PATCH', `${w}/members/${t.people.dan}`, { admin: true });
  await world.must('PATCH', w, { name: 'Acme' });

  const sets = (await world.must('GET', `${w}/permissions?per_page=100`)).permission_sets;
  t.sets = sets;
  const setOf = (level) => sets.find((s) => s.pipeline_access_level === level)?.id;
  for (const [name, display] of [['web', 'Web site'], ['shop', 'Shop']])
    await world.must('POST', `${w}/projects`, { name, display_name: display, without_repository: true });
  for (const who of ['bo', 'cy'])
    await world.must('POST', `${w}/projects/web/members`, { id: t.people[who], permission_set: { id: setOf('READ_WRITE') } });
  await world.must('POST', `${w}/projects/web/members`, { id: t.people.eve, permission_set: { id: setOf('READ_ONLY') } });
  const group = await world.must('POST', `${w}/groups`, { name: 'Release managers', description: 'Who publish' });
  t.group = group.id;
  await world.must('POST', `${w}/groups/${group.id}/members`, { id: t.people.bo });

  const integration = async (key, body) => {
    t.integrations[key] = await world.must('POST', `${w}/integrations`, { type: 'GIT_HUB', scope: 'WORKSPACE',
      all_pipelines_allowed: false, token: secret, ...body });
  };
  await integration('releases', { name: 'GitHub releases', identifier: 'github_releases',
    permissions: { others: 'USE_ONLY', admins: 'MANAGE', users: [{ id: t.people.cy, access_level: 'DENIED' }], groups: [] } });
  await integration('announce', { name: 'Announcements', identifier: 'announcements',
    permissions: { others: 'USE_ONLY', admins: 'MANAGE', users: [], groups: [{ id: group.id, access_level: 'MANAGE' }] } });
  await integration('shop', { name: 'Shop’s storage', identifier: 'shop_storage', type: 'AMAZON', scope: 'PROJECT', project_name: 'shop',
    token: undefined, access_key: 'AKIDEXAMPLE', secret_key: secret, all_pipelines_allowed: true });

  const pipeline = async (key, name, yaml) => {
    t.pipelines[key] = (await world.must('POST', `${w}/projects/web/pipelines`, { name, yaml })).id;
  };
  await pipeline('deploy', 'Deploy the site', deploy);
  await pipeline('check', 'Check', check);
  await pipeline('nightly', 'Nightly', fails);
  await pipeline('release', 'Release', waits);
  t.at = (key) => `${w}/projects/web/pipelines/${t.pipelines[key]}`;
  t.run = async (key, headers) => world.must('POST', `${t.at(key)}/executions`, { comment: `Run ${key}` }, headers);
  t.ran = async (key) => {
    const run = await t.run(key);
    return world.ended(`${t.at(key)}/executions/${run.id}`);
  };
  return t;
}

// With runs of every kind behind it.
export async function populated(options) {
  const t = await team(options);
  const { world } = t;
  await world.must('POST', `/latchkey/v1${w}/integrations/${t.integrations.announce.hash_id}/grants`, { pipeline_id: t.pipelines.deploy, ref: 'refs/heads/*', expires_in: 28800 });
  await world.must('POST', `/latchkey/v1${w}/integrations/${t.integrations.announce.hash_id}/grants`, { pipeline_id: t.pipelines.check });
  await world.must('POST', `${w}/variables`, { key: 'NPM_REGISTRY', value: 'https://npm.acme.test', type: 'VAR', description: 'Where packages come from' });
  await world.must('POST', `${w}/variables`, { key: 'SIGNING_KEY', value: secret, type: 'VAR', encrypted: true });
  await world.must('POST', `${w}/webhooks`, { target_url: 'https://hooks.acme.test/ci', events: ['EXECUTION_FAILED', 'EXECUTION_SUCCESSFUL'] });
  t.runs = {};
  for (const key of ['check', 'nightly', 'deploy', 'release']) t.runs[key] = await t.ran(key);
  return t;
}
