// SPDX-License-Identifier: Apache-2.0
// A list of runs that stays true: asked once, then kept up to date by the stream of its workspace or project.
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../../api/http';
import { own, pipelineAt, projectAt, withQuery, workspaceAt } from '../../api/paths';
import { refOf, type RunRow } from '../../api/runs';
import { listen } from '../../api/sse';
import { somethingChanged, useLoad } from '../../app/load';

export interface Scope { workspace: string; project?: string; pipeline?: number }
export interface Filters { status: string; project: string; pipeline: string; ref: string; actor: string; before: string }
export interface RunList { executions: RunRow[]; next: string | null; as_of?: number }

const atOnce = 30;

export function filtersIn(query: URLSearchParams): Filters {
  const of = (name: string) => query.get(name) ?? '';
  return { status: of('status'), project: of('project'), pipeline: of('pipeline'), ref: of('ref'), actor: of('actor'), before: of('before') };
}

// What one choice of the page means in statuses.
export const statusChoices = [
  { value: '', label: 'Any status' },
  { value: 'running', label: 'Under way' },
  { value: 'waiting', label: 'Waiting for somebody' },
  { value: 'failed', label: 'Failed' },
  { value: 'missing', label: 'Missing permissions' },
  { value: 'successful', label: 'Successful' },
  { value: 'cancelled', label: 'Cancelled' },
];

const statuses: Record<string, string> = {
  running: 'INITIAL,ENQUEUED,INPROGRESS',
  waiting: 'WAITING_FOR_APPLY,WAITING_FOR_VARIABLES,WAITING_FOR_PERMISSION',
  failed: 'FAILED', missing: '', successful: 'SUCCESSFUL', cancelled: 'TERMINATED',
};

function base(scope: Scope): string {
  if (scope.project === undefined) return own(workspaceAt(scope.workspace));
  const at = { workspace: scope.workspace, project: scope.project };
  return own(scope.pipeline === undefined ? projectAt(at) : pipelineAt(at, scope.pipeline));
}

export function pathOf(scope: Scope, f: Filters): string {
  return withQuery(`${base(scope)}/executions`, { status: statuses[f.status] ?? '', reason: f.status === 'missing' ? 'MISSING_PERMISSIONS' : '',
    project: scope.project === undefined ? f.project : '', pipeline: scope.pipeline === undefined ? f.pipeline : '',
    ref: f.ref, actor: f.actor, before: f.before, limit: atOnce });
}

export function fits(row: RunRow, scope: Scope, f: Filters): boolean {
  if (scope.pipeline !== undefined && row.pipeline.id !== scope.pipeline) return false;
  if (f.status === 'missing' ? row.reason !== 'MISSING_PERMISSIONS' : f.status !== '' && !(statuses[f.status] ?? '').split(',').includes(row.status)) return false;
  if (f.project !== '' && row.project?.name !== f.project) return false;
  if (f.pipeline !== '' && String(row.pipeline.id) !== f.pipeline) return false;
  if (f.actor !== '' && String((row.actor ?? row.creator)?.id) !== f.actor) return false;
  const ref = refOf(row);
  return f.ref === '' || ref?.name === f.ref || ref?.full === f.ref;
}

const keyOf = (row: RunRow) => `${row.project?.name ?? ''}/${row.id}`;

// New ones come first; what does not fit any more goes.
export function merged(rows: readonly RunRow[], news: readonly RunRow[], scope: Scope, f: Filters): RunRow[] {
  const all = new Map(rows.map((r) => [keyOf(r), r]));
  const fresh: RunRow[] = [];
  for (const row of news) {
    const key = keyOf(row);
    if (!fits(row, scope, f)) all.delete(key);
    else if (all.has(key)) all.set(key, row);
    else if (f.before === '') {
      const at = fresh.findIndex((r) => keyOf(r) === key);
      if (at >= 0) fresh[at] = row;
      else fresh.unshift(row);
    }
  }
  return [...fresh, ...all.values()];
}

export function useRuns(scope: Scope, filters: Filters) {
  const path = pathOf(scope, filters);
  const list = useLoad<RunList>(path, (signal) => get<RunList>(path, signal));
  const now = useRef(list);
  now.current = list;
  const f = useRef(filters);
  f.current = filters;
  const live = list.data !== undefined;
  const streamed = scope.project === undefined ? own(workspaceAt(scope.workspace))
    : own(projectAt({ workspace: scope.workspace, project: scope.project }));
  useEffect(() => {
    if (!live) return;
    let poll: ReturnType<typeof setInterval> | undefined;
    const asOf = now.current.data?.as_of;
    const stream = listen(`${streamed}/events`, {
      events: (events) => {
        const rows = events.filter((e) => e.name === 'run').map((e) => JSON.parse(e.data) as RunRow);
        const data = now.current.data;
        if (rows.length > 0 && data) now.current.put({ ...data, executions: merged(data.executions, rows, scope, f.current) });
        if (events.some((e) => e.name === 'waiting')) somethingChanged();
      },
      // A server that can't tell of it is asked again now and then.
      failed: () => {
        poll = setInterval(() => { if (document.visibilityState === 'visible') void now.current.reload(); }, 5000);
      },
    }, asOf === undefined ? '' : String(asOf));
    return () => { stream.stop(); clearInterval(poll); };
  }, [path, streamed, live]);
  return list;
}
