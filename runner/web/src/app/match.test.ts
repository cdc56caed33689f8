// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectPage, runPage } from './addresses';
import { match } from './match';

const routes = [{ path: '/' }, { path: '/:workspace' }, { path: '/:workspace/:project' }, { path: '/:workspace/runs' },
  { path: '/:workspace/:project/runs/:run#' }, { path: '/:workspace/:project/pipelines' }];

const found = (path: string) => {
  const m = match(routes, path);
  return m === null ? null : [m.route.path, m.params];
};

test('an address has one route', () => {
  assert.deepEqual(found('/app'), ['/', {}]);
  assert.deepEqual(found('/app/acme'), ['/:workspace', { workspace: 'acme' }]);
  assert.deepEqual(found('/app/acme/web/runs/42'),
    ['/:workspace/:project/runs/:run#', { workspace: 'acme', project: 'web', run: '42' }]);
  assert.equal(found('/app/acme/web/runs/x'), null);
  assert.equal(found('/app/acme/%zz'), null);
});

test('a word of the workspace wins over a project of this name, which has an address too', () => {
  assert.deepEqual(found('/app/acme/runs'), ['/:workspace/runs', { workspace: 'acme' }]);
  assert.deepEqual(found('/app/acme/people'), null);
  assert.equal(runPage('acme', 'runs', 7), '/app/acme/project/runs/runs/7');
  assert.deepEqual(found(runPage('acme', 'runs', 7)),
    ['/:workspace/:project/runs/:run#', { workspace: 'acme', project: 'runs', run: '7' }]);
  assert.deepEqual(found(projectPage('acme', 'project')),
    ['/:workspace/:project', { workspace: 'acme', project: 'project' }]);
});
