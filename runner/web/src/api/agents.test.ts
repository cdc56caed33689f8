// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tagsIn } from './agents';

test('tags are words, however they are parted, each once', () => {
  assert.deepEqual(tagsIn('gpu, fast  gpu\n arm64,'), ['gpu', 'fast', 'arm64']);
  assert.deepEqual(tagsIn(' , '), []);
});
