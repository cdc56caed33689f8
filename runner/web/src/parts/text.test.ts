// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from './text';

test('what can’t be seen is made visible', () => {
  assert.equal(plain('deploy\u202egnp.exe'), 'deploy\ufffdgnp.exe');
  assert.equal(plain('a\u0000b\u001b[31m'), 'a\ufffdb\ufffd[31m');
  assert.equal(plain('pro\u200bd'), 'pro\ufffdd');
  assert.equal(plain('two\nlines'), 'two lines');
});

test('what people write stays', () => {
  for (const text of ['naïve café', '日本語', 'שלום', '👩‍🚀'.replace('\u200d', ''), '<script>alert(1)</script>'])
    assert.equal(plain(text), text);
});

test('what is too long is cut, and not within a character', () => {
  const cut = plain('👍'.repeat(5000));
  assert.ok(cut.length <= 161);
  assert.ok(cut.isWellFormed());
});
