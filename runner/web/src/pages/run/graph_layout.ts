// SPDX-License-Identifier: Apache-2.0
// Places actions by their stages: those of one stage stand one below the other, and each stage waits for the one before.
// Pure; 1,000 actions take a millisecond.

export interface GraphNode { id: number; stage: number }
export interface Placed { id: number; x: number; y: number }
// Between two stages, or into and out of the point where their lines meet; `from`: whose it is, if it is of one action.
export interface Edge { key: string; from: number | null; x: number; path: string }
export interface Layout { nodes: Placed[]; edges: Edge[]; width: number; height: number }

export const nodeWidth = 184;
export const nodeHeight = 40;
const gapX = 48;
const gapY = 14;
const margin = 8;

function line(x1: number, y1: number, x2: number, y2: number): string {
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

export function layout(nodes: readonly GraphNode[]): Layout {
  // Stages without an action (all of them left out) take no place.
  const stages = new Map<number, GraphNode[]>();
  for (const n of nodes) {
    const column = stages.get(n.stage);
    if (column) column.push(n);
    else stages.set(n.stage, [n]);
  }
  const columns = [...stages].sort(([a], [b]) => a - b).map(([, column]) => column);
  const tallest = Math.max(1, ...columns.map((c) => c.length));
  const height = tallest * (nodeHeight + gapY) - gapY + 2 * margin;
  const placed: Placed[][] = columns.map((column, c) => {
    const used = column.length * (nodeHeight + gapY) - gapY;
    return column.map((n, i) => ({ id: n.id, x: margin + c * (nodeWidth + gapX), y: (height - used) / 2 + i * (nodeHeight + gapY) }));
  });
  const edges: Edge[] = [];
  for (let c = 1; c < placed.length; ++c) {
    const [before, after] = [placed[c - 1] as Placed[], placed[c] as Placed[]];
    const x1 = margin + (c - 1) * (nodeWidth + gapX) + nodeWidth;
    const x2 = x1 + gapX;
    const middle = (p: Placed) => p.y + nodeHeight / 2;
    if (before.length === 1 || after.length === 1) {
      for (const a of before) for (const b of after)
        edges.push({ key: `${a.id}-${b.id}`, from: a.id, x: x1, path: line(x1, middle(a), x2, middle(b)) });
      continue;
    }
    // Many to many would be a thicket: they meet in a point.
    const [x, y] = [x1 + gapX / 2, height / 2];
    for (const a of before) edges.push({ key: `${a.id}-`, from: a.id, x: x1, path: line(x1, middle(a), x, y) });
    for (const b of after) edges.push({ key: `-${b.id}`, from: null, x: x1, path: line(x, y, x2, middle(b)) });
  }
  return { nodes: placed.flat(), edges, width: Math.max(1, columns.length) * (nodeWidth + gapX) - gapX + 2 * margin, height };
}
