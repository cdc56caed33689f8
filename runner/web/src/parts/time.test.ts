// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, span } from './time';

test('times are said as people say them', () => {
  const at = Date.UTC(2026, 0, 10, 12);
  for (const [seconds, said] of [[0, 'just now'], [59, '59 s ago'], [60, '1 min ago'], [3599, '59 min ago'], [7200, '2 h ago'],
    [86_400, '1 day ago'], [3 * 86_400, '3 days ago'], [-7200, 'in 2 h']] as const)
    assert.equal(ago(at - seconds * 1000, at), said);
  assert.match(ago(at - 90 * 86_400_000, at), /^Oct 12, 2025$/);
});

test('spans are short', () => {
  for (const [ms, said] of [[-5, '0 ms'], [420, '420 ms'], [1234, '1.2 s'], [59_400, '59 s'], [61_000, '1 min 1 s'],
    [3_725_000, '1 h 2 min']] as const)
    assert.equal(span(ms), said);
});
