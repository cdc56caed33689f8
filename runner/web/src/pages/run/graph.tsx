// SPDX-License-Identifier: Apache-2.0
// The actions of a run as a picture. The list beside the log says the same in words; the picture is links, too.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { memo } from '../../app/memo';
import { StatusShape, toneOf, wordOf } from '../../parts/status';
import { plain } from '../../parts/text';
import { layout, nodeHeight, nodeWidth, type GraphNode } from './graph_layout';

export interface DrawnAction { id: number; name: string; status: string; took: string; href: string; stage: number; denied: boolean }

interface NodeProps { x: number; y: number; name: string; status: string; took: string; href: string; denied: boolean; chosen: boolean }

const Node = memo(({ x, y, name, status, took, href, denied, chosen }: NodeProps) => {
  const shown = plain(name, 80);
  const short = shown.length > 21 ? `${shown.slice(0, 20)}…` : shown;
  return (
    <a href={href} class={`node tone-${denied ? 'bad' : toneOf(status)}`} aria-current={chosen ? 'true' : undefined}
      aria-label={`${short} ${took}: ${denied ? 'missing permission' : wordOf(status)}`}>
      <rect x={x} y={y} width={nodeWidth} height={nodeHeight} rx="8" />
      <svg x={x + 11} y={y + 12} width="16" height="16" viewBox="0 0 16 16"><StatusShape status={denied ? 'WAITING_FOR_PERMISSION' : status} /></svg>
      <text x={x + 35} y={y + (took === '' ? 25 : 18)}>{short}</text>{' '}
      {took !== '' ? <text class="took" x={x + 35} y={y + 32}>{took}</text> : null}
    </a>
  );
});

// Beyond what is seen this much is drawn, so that a key or a flick meets something.
const beyond = 900;

export function Graph({ actions, chosen }: { actions: DrawnAction[]; chosen: number | null }) {
  const shape = actions.map((a) => `${a.id}:${a.stage}`).join(';');
  const drawn = useMemo(() => layout(actions.map((a): GraphNode => ({ id: a.id, stage: a.stage }))), [shape]);
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<[number, number]>([0, 1600]);
  const by = new Map(actions.map((a) => [a.id, a]));
  const look = () => {
    const el = box.current;
    // In steps: each is one drawing.
    if (el) setSeen((was) => {
      const from = Math.floor(el.scrollLeft / 400) * 400;
      const to = from + Math.ceil(el.clientWidth / 400) * 400 + 400;
      return was[0] === from && was[1] === to ? was : [from, to];
    });
  };
  useEffect(() => {
    const at = drawn.nodes.find((n) => n.id === chosen);
    const el = box.current;
    if (!at || !el) return;
    if (at.x < el.scrollLeft || at.x + nodeWidth > el.scrollLeft + el.clientWidth) el.scrollLeft = at.x - el.clientWidth / 2 + nodeWidth / 2;
    if (at.y < el.scrollTop || at.y + nodeHeight > el.scrollTop + el.clientHeight) el.scrollTop = at.y - el.clientHeight / 2;
    look();
  }, [chosen, drawn]);
  const near = (x: number) => x + nodeWidth >= seen[0] - beyond && x <= seen[1] + beyond;
  return (
    <div class="graph" ref={box} tabIndex={0} role="region" aria-label="Graph of the actions" onScroll={look}>
      <svg width={drawn.width} height={drawn.height} viewBox={`0 0 ${drawn.width} ${drawn.height}`} role="group">
        {drawn.edges.map((e) => (near(e.x)
          ? <path key={e.key} class={`edge ${e.from !== null && by.get(e.from)?.status === 'SUCCESSFUL' ? 'passed' : ''}`} d={e.path} />
          : null))}
        {drawn.nodes.map((n) => {
          const a = by.get(n.id);
          return a && near(n.x)
            ? <Node key={n.id} x={n.x} y={n.y} name={a.name} status={a.status} took={a.took} href={a.href} denied={a.denied} chosen={n.id === chosen} />
            : null;
        })}
      </svg>
    </div>
  );
}
