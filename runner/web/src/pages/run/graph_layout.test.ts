// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layout, type GraphNode } from './graph_layout';

const node = (id: number, ...needs: number[]): GraphNode => ({ id, needs });
const x = (nodes: GraphNode[]) => new Map(layout(nodes).nodes.map((n) => [n.id, n.x]));

test('each stands right of what it waits for', () => {
  const nodes = [node(1), node(2, 1), node(3, 1), node(4, 2, 3), node(5)];
  const at = x(nodes);
  for (const n of nodes) for (const before of n.needs) assert.ok((at.get(before) ?? 0) < (at.get(n.id) ?? 0));
  assert.equal(at.get(5), at.get(1));
  assert.equal(new Set(layout(nodes).nodes.map((n) => `${n.x} ${n.y}`)).size, 5);
});

test('a line that a longer way says already is not drawn', () => {
  assert.deepEqual(layout([node(1), node(2, 1), node(3, 1, 2)]).edges.map((e) => [e.from, e.to]), [[1, 2], [2, 3]]);
});

test('what can’t be is shown all the same', () => {
  assert.equal(layout([node(1, 2), node(2, 1), node(3, 99), node(4, 4)]).nodes.length, 4);
  assert.equal(layout([]).nodes.length, 0);
});

test('a thousand actions are placed in no time', () => {
  const nodes = Array.from({ length: 1000 }, (_, i) => node(i + 1, ...(i < 50 ? [] : [i - 48, i - 49 + 1])));
  layout(nodes);
  const start = performance.now();
  layout(nodes);
  assert.ok(performance.now() - start < 150);
});
