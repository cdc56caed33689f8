// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from './sse';

const text = ': hello\n\nid: 1.1\nevent: log\ndata: {"a":1}\n\nid: 1.2\nevent: log\ndata: x\ndata: y\n\n';

test('events come whole, wherever the stream is cut', () => {
  const whole = new EventParser().take(text);
  assert.deepEqual(whole, [{ id: '1.1', name: 'log', data: '{"a":1}' }, { id: '1.2', name: 'log', data: 'x\ny' }]);
  for (let cut = 0; cut <= text.length; ++cut) {
    const p = new EventParser();
    assert.deepEqual([...p.take(text.slice(0, cut)), ...p.take(text.slice(cut))], whole);
  }
});

test('carriage returns at the ends of lines are none of the data', () => {
  assert.deepEqual(new EventParser().take('data: x\r\n\r\n'), [{ id: '', name: 'message', data: 'x' }]);
});

test('comments alone are no event', () => {
  assert.deepEqual(new EventParser().take(': still here\n\n'), []);
});
