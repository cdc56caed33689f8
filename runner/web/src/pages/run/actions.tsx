// SPDX-License-Identifier: Apache-2.0
// The actions of an attempt as a list: how each stands, how long it took, and when, as a bar over the whole attempt.
import { useEffect, useRef, useState } from 'preact/hooks';
import { memo } from '../../app/memo';
import { StatusMark, wordOf } from '../../parts/status';
import { Name } from '../../parts/text';
import { span, useClock } from '../../parts/time';

export interface ListedAction {
  id: number;
  name: string;
  type: string;
  status: string;
  started: string | null;
  ended: string | null;
  href: string;
  denied: boolean;
  earlier: number | null;  // the attempt that it succeeded in
}

// The bar is drawn as SVG: its place is a number of the data, and no inline style is let through.
function Bar({ from, to, start, end, status }: { from: number; to: number; start: number; end: number; status: string }) {
  const whole = Math.max(1, end - start);
  const left = Math.max(0, Math.min(99, (100 * (from - start)) / whole));
  const width = Math.max(0.8, Math.min(100 - left, (100 * (to - from)) / whole));
  return (
    <svg class={`bar status-${status.toLowerCase()}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ground" width="100" height="4" rx="0" /><rect class="fill" x={left} width={width} height="4" />
    </svg>
  );
}

type RowProps = Omit<ListedAction, 'type' | 'id'> & { chosen: boolean; from: number; to: number; clock: number };

const Row = memo(({ name, status, started, ended, href, denied, earlier, chosen, from, to, clock }: RowProps) => {
  const began = started === null ? null : Date.parse(started);
  const done = ended === null ? clock : Date.parse(ended);
  const own = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    const el = own.current;
    const list = el?.closest('.actions-list');
    if (!chosen || !el || !list) return;
    const [a, b] = [el.getBoundingClientRect(), list.getBoundingClientRect()];
    if (a.top < b.top || a.bottom > b.bottom) list.scrollTop += a.top - b.top - list.clientHeight / 2;
  }, [chosen]);
  return (
    <li>
      <a ref={own} href={href} aria-current={chosen ? 'true' : undefined} class={denied ? 'tone-bad' : ''}>
        <span class="line">
          <StatusMark status={denied ? 'WAITING_FOR_PERMISSION' : status} tone={denied ? 'bad' : undefined} />
          <span class="grow"><Name text={name} /></span>
          <span class="hidden-but-read">{denied ? 'missing permission' : wordOf(status)}</span>
          <span class="small dim nowrap">{earlier !== null ? `in attempt ${earlier}` : began === null ? '' : span(done - began)}</span>
        </span>
        {began !== null && earlier === null && from > 0 ? <Bar from={began} to={done} start={from} end={to} status={status} /> : null}
      </a>
    </li>
  );
});

const atFirst = 60;
const atOnce = 80;
const rowHeight = 42;

const whenIdle = (work: () => void): (() => void) => {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(work, { timeout: 200 });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(work, 30);
  return () => clearTimeout(id);
};

// A run of a thousand actions is seen at once: those around the chosen one are drawn first, and the others as there is
// time. Their place is kept meanwhile.
function useGrowing(total: number, around: number): [number, number] {
  const [drawn, setDrawn] = useState<[number, number]>([around - atFirst / 2, around + atFirst]);
  const from = Math.max(0, Math.min(drawn[0], around - atFirst / 2));
  const to = Math.min(total, Math.max(drawn[1], around + atFirst));
  useEffect(() => {
    if (from === 0 && to === total) return;
    return whenIdle(() => setDrawn([from - atOnce, to + atOnce]));
  }, [from, to, total]);
  return [from, to];
}

const Gap = ({ rows }: { rows: number }) => (rows > 0 ? <li aria-hidden="true" class="gap" style={{ height: `${rows * rowHeight}px` }} /> : null);

export function Actions({ list, chosen, start, end }: { list: ListedAction[]; chosen: number | null; start: string | null; end: string | null }) {
  const going = list.some((a) => a.started !== null && a.ended === null);
  const clock = useClock(going);
  const from = start === null ? 0 : Date.parse(start);
  const to = Math.max(end === null ? clock : Date.parse(end), from + 1);
  const [first, last] = useGrowing(list.length, Math.max(0, list.findIndex((a) => a.id === chosen)));
  return (
    <nav class="card actions-list" aria-label="Actions">
      <ol>
        <Gap rows={first} />
        {list.slice(first, last).map((a) => <Row key={a.id} name={a.name} status={a.status} started={a.started} ended={a.ended} href={a.href} denied={a.denied} earlier={a.earlier}
          chosen={a.id === chosen} from={from} to={to} clock={a.started !== null && a.ended === null ? clock : 0} />)}
        <Gap rows={list.length - last} />
      </ol>
    </nav>
  );
}
