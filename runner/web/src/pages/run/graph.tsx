// SPDX-License-Identifier: Apache-2.0
// The actions of a run as a picture. The list beside the log says the same in words; the picture is links, too.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { StatusShape, toneOf, wordOf } from '../../parts/status';
import { plain } from '../../parts/text';
import { layout, nodeHeight, nodeWidth, type GraphNode } from './graph_layout';

export interface DrawnAction { id: number; name: string; status: string; took: string; href: string; needs: readonly number[]; denied: boolean }

export function Graph({ actions, chosen }: { actions: DrawnAction[]; chosen: number | null }) {
  const shape = actions.map((a) => `${a.id}:${a.needs.join(',')}`).join(';');
  const drawn = useMemo(() => layout(actions.map((a): GraphNode => ({ id: a.id, needs: a.needs }))), [shape]);
  const box = useRef<HTMLDivElement>(null);
  const by = new Map(actions.map((a) => [a.id, a]));
  useEffect(() => {
    const at = drawn.nodes.find((n) => n.id === chosen);
    const el = box.current;
    if (!at || !el) return;
    if (at.x < el.scrollLeft || at.x + nodeWidth > el.scrollLeft + el.clientWidth) el.scrollLeft = at.x - el.clientWidth / 2 + nodeWidth / 2;
    if (at.y < el.scrollTop || at.y + nodeHeight > el.scrollTop + el.clientHeight) el.scrollTop = at.y - el.clientHeight / 2;
  }, [chosen, drawn]);
  return (
    <div class="graph" ref={box} tabIndex={0} role="region" aria-label="Graph of the actions">
      <svg width={drawn.width} height={drawn.height} viewBox={`0 0 ${drawn.width} ${drawn.height}`} role="group">
        {drawn.edges.map((e) => {
          const status = by.get(e.from)?.status ?? '';
          return <path key={`${e.from}-${e.to}`} class={`edge ${status === 'SUCCESSFUL' ? 'passed' : ''}`} d={e.path} />;
        })}
        {drawn.nodes.map((n) => {
          const a = by.get(n.id);
          if (!a) return null;
          const name = plain(a.name, 80);
          const short = name.length > 21 ? `${name.slice(0, 20)}…` : name;
          return (
            <a key={n.id} href={a.href} class={`node tone-${a.denied ? 'bad' : toneOf(a.status)}`} aria-current={n.id === chosen ? 'true' : undefined}
              aria-label={`${short} ${a.took}: ${a.denied ? 'missing permission' : wordOf(a.status)}`}>
              <rect x={n.x} y={n.y} width={nodeWidth} height={nodeHeight} rx="8" />
              <svg x={n.x + 11} y={n.y + 12} width="16" height="16" viewBox="0 0 16 16"><StatusShape status={a.denied ? 'WAITING_FOR_PERMISSION' : a.status} /></svg>
              <text x={n.x + 35} y={n.y + (a.took === '' ? 25 : 18)}>{short}</text>{' '}
              {a.took !== '' ? <text class="took" x={n.x + 35} y={n.y + 32}>{a.took}</text> : null}
            </a>
          );
        })}
      </svg>
    </div>
  );
}
