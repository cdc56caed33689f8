// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentenceOf, termsOf } from './grant';

const usual = { refs: 'any', pattern: '', seconds: '', once: false } as const;

test('the usual is this pipeline, any ref, no end', () => {
  assert.equal(sentenceOf('deploy', ['Slack'], usual, 'refs/heads/main', 42), 'Pipeline deploy may use Slack, on any ref, without an end.');
  assert.deepEqual(termsOf(usual, 'refs/heads/main'), {});
});

test('what is said is what is sent', () => {
  const wish = { refs: 'this', pattern: '', seconds: '28800', once: false } as const;
  assert.equal(sentenceOf('deploy', ['A', 'B', 'C'], wish, 'refs/heads/main', 42), 'Pipeline deploy may use A, B and C, on refs/heads/main only, for 8 hours.');
  assert.deepEqual(termsOf(wish, 'refs/heads/main'), { ref: 'refs/heads/main', expires_in: 28_800 });
  assert.deepEqual(termsOf({ ...usual, refs: 'pattern', pattern: ' refs/tags/* ', once: true }, null), { ref: 'refs/tags/*', once: true });
  assert.match(sentenceOf('deploy', ['A'], { ...usual, once: true }, null, 7), /in run #7 only/);
});
