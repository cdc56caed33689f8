// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogModel, chunkLines } from './log_model';

const texts = (model: LogModel, from: number, to: number) =>
  model.lines(from, to).map((l) => l?.pieces.map((p) => p.text).join(''));

test('lines are the same, wherever the stream is cut', () => {
  const text = 'one\n\x1b[31mtwo\nthree\x1b[0m\n\nfive';
  for (let cut = 0; cut <= text.length; ++cut) {
    const model = new LogModel(() => {});
    model.append(text.slice(0, cut));
    model.append(text.slice(cut));
    assert.equal(model.total, 5);
    assert.deepEqual(texts(model, 0, 9), ['one', 'two', 'three', '', 'five']);
    assert.equal(model.lines(2, 3)[0]?.pieces[0]?.style.fg, '1');
  }
});

test('what is far away is asked for once, and shown when it has come', async () => {
  const asked: [number, number][] = [];
  let told = 0;
  const model = new LogModel(() => { ++told; }, async (from, count) => {
    asked.push([from, count]);
    return { lines: Array.from({ length: count }, (_, i) => `line ${from + i}`), total: 2_000_000 };
  });
  model.startAt(2_000_000);
  assert.deepEqual(texts(model, 1_000_000, 1_000_002), [undefined, undefined]);
  model.lines(1_000_000, 1_000_100);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(asked, [[1_000_001, chunkLines]]);
  assert.equal(told, 1);
  assert.deepEqual(texts(model, 1_000_000, 1_000_002), ['line 1000001', 'line 1000002']);
  model.append('and on\n');
  assert.equal(model.total, 2_000_001);
  assert.deepEqual(texts(model, 2_000_000, 2_000_001), ['and on']);
});

test('a log that streams for long keeps its last part only', () => {
  const model = new LogModel(() => {}, () => new Promise(() => {}));
  for (let i = 0; i < 400; ++i) model.append(`${'x\n'.repeat(chunkLines)}`);
  assert.equal(model.total, 400 * chunkLines);
  assert.deepEqual(texts(model, model.total - 1, model.total), ['x']);
  assert.deepEqual(texts(model, 0, 1), [undefined]);
});

test('without a server that gives parts, all of it is kept', () => {
  const model = new LogModel(() => {});
  for (let i = 0; i < 400; ++i) model.append(`${'x\n'.repeat(chunkLines)}`);
  assert.deepEqual(texts(model, 0, 1), ['x']);
  assert.ok(model.complete);
});
