// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { triggerWords } from '../../api/pipelines';
import { markdownOf } from './badge';
import { orderOf } from './run_dialog';

test('triggers in words', () => {
  assert.equal(triggerWords({ type: 'PUSH', refs: ['refs/heads/main'] }), 'a push to refs/heads/main');
  assert.equal(triggerWords({ type: 'PUSH', refs: [] }), 'a push to any branch or tag');
  assert.equal(triggerWords({ type: 'SCHEDULE', cron: '0 3 * * *', timezone: 'Europe/Warsaw' }), 'the schedule 0 3 * * * (Europe/Warsaw)');
});

test('an order says what was filled in', () => {
  const none = { refType: 'default', ref: '', revision: '', comment: ' ', variables: [] } as const;
  assert.deepEqual(orderOf({ ...none, variables: [] }), {});
  assert.deepEqual(orderOf({ refType: 'tag', ref: ' v1 ', revision: 'abc', comment: 'why', variables: [{ key: 'A', value: ' x', secret: false }, { key: 'S', value: 's', secret: true }, { key: '', value: 'y', secret: false }] }),
    { tag: { name: 'v1' }, to_revision: { revision: 'abc' }, comment: 'why', variables: [{ key: 'A', value: ' x' }, { key: 'S', value: 's', encrypted: true }] });
});

test('a name can’t leave the badge’s text', () => {
  assert.equal(markdownOf('a](https://evil.test)[', 'https://ci/b.svg', 'https://ci/p'), '[![a\\](https://evil.test)\\[](https://ci/b.svg)](https://ci/p)');
});
