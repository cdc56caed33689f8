// SPDX-License-Identifier: Apache-2.0
// The actions of an attempt as a list: how each stands, how long it took, and when, as a bar over the whole attempt.
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

export function Actions({ list, chosen, start, end }: { list: ListedAction[]; chosen: number | null; start: string | null; end: string | null }) {
  const going = list.some((a) => a.started !== null && a.ended === null);
  const clock = useClock(going);
  const from = start === null ? 0 : Date.parse(start);
  const to = Math.max(end === null ? clock : Date.parse(end), from + 1);
  return (
    <nav class="card actions-list" aria-label="Actions">
      <ol>
        {list.map((a) => {
          const began = a.started === null ? null : Date.parse(a.started);
          const done = a.ended === null ? clock : Date.parse(a.ended);
          return (
            <li key={a.id}>
              <a href={a.href} aria-current={a.id === chosen ? 'true' : undefined} class={a.denied ? 'tone-bad' : ''}>
                <span class="line">
                  <StatusMark status={a.denied ? 'WAITING_FOR_PERMISSION' : a.status} tone={a.denied ? 'bad' : undefined} />
                  <span class="grow"><Name text={a.name} /></span>
                  <span class="hidden-but-read">{a.denied ? 'missing permission' : wordOf(a.status)}</span>
                  <span class="small dim nowrap">{a.earlier !== null ? `in attempt ${a.earlier}` : began === null ? '' : span(done - began)}</span>
                </span>
                {began !== null && a.earlier === null && start !== null ? <Bar from={began} to={done} start={from} end={to} status={a.status} /> : null}
              </a>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
