// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunRow } from '../../api/runs';
import { filtersIn, fits, merged, pathOf } from './list';

const row = (id: number, status: string, more: Partial<RunRow> = {}): RunRow => ({ id, status, create_date: '', start_date: null,
  finish_date: null, comment: null, creator: null, branch: { name: 'main' }, tag: null, pull_request: null, to_revision: null,
  triggered_on: 'CLICK', pipeline: { id: 3, name: 'deploy' }, project: { name: 'web', display_name: 'Web' }, ...more });
const scope = { workspace: 'acme', project: 'web' };
const f = (text: string) => filtersIn(new URLSearchParams(text));

test('filters of the address are the list’s', () => {
  assert.equal(pathOf({ workspace: 'a b' }, f('status=running&ref=main&project=web')),
    '/latchkey/v1/workspaces/a%20b/executions?status=INITIAL%2CENQUEUED%2CINPROGRESS&project=web&ref=main&limit=30');
  assert.equal(pathOf({ ...scope, pipeline: 3 }, f('status=missing&pipeline=9')),
    '/latchkey/v1/workspaces/acme/projects/web/pipelines/3/executions?reason=MISSING_PERMISSIONS&limit=30');
});

test('what comes by the stream is judged as the list is', () => {
  assert.ok(fits(row(1, 'FAILED'), scope, f('status=failed&ref=refs/heads/main')));
  assert.ok(!fits(row(1, 'SUCCESSFUL'), scope, f('status=failed')));
  assert.ok(!fits(row(1, 'FAILED'), { ...scope, pipeline: 4 }, f('')));
  assert.ok(!fits(row(1, 'FAILED'), scope, f('actor=7')));
});

test('new runs come first, known ones stay in their place, others go', () => {
  const rows = [row(2, 'INPROGRESS'), row(1, 'INPROGRESS')];
  assert.deepEqual(merged(rows, [row(1, 'FAILED'), row(3, 'ENQUEUED'), row(4, 'ENQUEUED'), row(3, 'INPROGRESS')], scope, f('')).map((r) => [r.id, r.status]),
    [[4, 'ENQUEUED'], [3, 'INPROGRESS'], [2, 'INPROGRESS'], [1, 'FAILED']]);
  assert.deepEqual(merged(rows, [row(2, 'SUCCESSFUL')], scope, f('status=running')).map((r) => r.id), [1]);
  assert.deepEqual(merged(rows, [row(9, 'INPROGRESS')], scope, f('before=77')).map((r) => r.id), [2, 1]);
});
