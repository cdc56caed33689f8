// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layout, type GraphNode } from './graph_layout';

const nodes = (...stages: number[]): GraphNode[] => stages.map((stage, i) => ({ id: i + 1, stage }));

test('each stands right of the stage before, and on nobody else’s place', () => {
  const list = nodes(0, 2, 2, 2, 5, 5, 6);
  const { nodes: placed, width, height } = layout(list);
  for (const a of placed) for (const b of placed) {
    const [s, t] = [list[a.id - 1]?.stage ?? 0, list[b.id - 1]?.stage ?? 0];
    if (s < t) assert.ok(a.x < b.x);
    if (s === t) assert.equal(a.x, b.x);
  }
  assert.equal(new Set(placed.map((n) => `${n.x} ${n.y}`)).size, list.length);
  for (const n of placed) assert.ok(n.x >= 0 && n.y >= 0 && n.x < width && n.y < height);
});

test('one to many is drawn line by line, many to many meets in a point', () => {
  assert.equal(layout(nodes(0, 1, 1, 1)).edges.length, 3);
  assert.equal(layout(nodes(0, 0, 0, 1, 1, 1)).edges.length, 6);
  assert.equal(new Set(layout(nodes(0, 0, 0, 1, 1, 1)).edges.map((e) => e.key)).size, 6);
  assert.equal(layout([]).nodes.length, 0);
});

test('a thousand actions are placed in no time', () => {
  const list = nodes(...Array.from({ length: 1000 }, (_, i) => i));
  layout(list);
  const start = performance.now();
  layout(list);
  assert.ok(performance.now() - start < 100);
});
