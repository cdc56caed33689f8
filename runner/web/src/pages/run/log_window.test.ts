// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorOf, highest, lineHeight, scrollTopOf, scrollTopOfWrapped, windowOf, wrappedHeight } from './log_window';

test('what is seen is drawn, and little more', () => {
  for (const total of [1, 40, 10_000, 2_000_000, 50_000_000]) {
    const visible = 600;
    const height = Math.min(total * lineHeight + 16, highest);
    for (const part of [0, 0.1, 0.5, 0.999, 1]) {
      const w = windowOf(part * Math.max(0, height - visible), visible, total);
      assert.ok(w.from >= 0 && w.to <= total && w.to - w.from <= 60, JSON.stringify({ total, part, w }));
      assert.ok(w.height <= highest);
    }
    assert.equal(windowOf(0, visible, total).from, 0);
    assert.equal(windowOf(Math.max(0, height - visible), visible, total).to, total);
  }
  assert.deepEqual(windowOf(0, 600, 0).to, 0);
});

test('every line can be gone to', () => {
  for (const total of [100, 2_000_000])
    for (const line of [0, 1, 57, Math.floor(total / 2), total - 1]) {
      const top = scrollTopOf(line, total, 600);
      const w = windowOf(top, 600, total);
      assert.ok(w.from <= line && line < w.to, `${line} of ${total}`);
      const y = w.offset + (line - w.from) * lineHeight - top;
      assert.ok(y >= -lineHeight && y <= 600, `line ${line} of ${total} stands at ${y}`);
    }
});

test('wrapped lines: the first stands at the top, the last at the bottom, and every one is come by', () => {
  for (const total of [201, 10_000, 2_000_000])
    for (const rows of [1, 4.5]) {
      const visible = 600;
      const most = wrappedHeight(total, visible, rows) - visible;
      assert.ok(most > 0 && most < highest);
      const top = anchorOf(0, visible, total, rows);
      assert.deepEqual([top.from, top.line, top.part, top.at], [0, 0, 0, 0]);
      const end = anchorOf(most, visible, total, rows);
      assert.deepEqual([end.to, end.line, end.part, end.at], [total, total - 1, 1, visible]);
      for (const line of [0, 1, 57, Math.floor(total / 2), total - 1]) {
        const a = anchorOf(scrollTopOfWrapped(line, visible, total, rows), visible, total, rows);
        assert.ok(a.from <= line && line < a.to, `${line} of ${total}`);
        // Even where each is one row, what is drawn fills the view.
        const above = (a.line - a.from + a.part) * lineHeight;
        const below = (a.to - a.line - a.part) * lineHeight;
        assert.ok(a.from === 0 || above >= a.at, `above ${line} of ${total}`);
        assert.ok(a.to === total || below >= visible - a.at, `below ${line} of ${total}`);
        assert.ok(a.to - a.from < 50);
      }
    }
});
