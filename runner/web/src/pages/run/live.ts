// SPDX-License-Identifier: Apache-2.0
// A run as it is now: what the API tells of it, and the stream of its events on top, for as long as it is shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { eventsPath, runPath, type Run } from '../../api/runs';
import { listen, type Connection } from '../../api/sse';
import { announce } from '../../app/announce';
import { useLoad, type Loaded } from '../../app/load';
import { wordOf } from '../../parts/status';
import { apply, emptyState, type AttemptState, type RunEvent, type RunState } from './state';

export interface LiveRun extends Loaded<Run> {
  state: RunState;
  connection: Connection;
  streamError: ApiError | null;
}

export function useLiveRun(at: Place, number: number): LiveRun {
  const run = useLoad<Run>(runPath(at, number));
  const [, redraw] = useState(0);
  const live = useRef<{ key: string; state: RunState; connection: Connection; error: ApiError | null }>(
    { key: '', state: emptyState(), connection: 'connecting', error: null });
  const now = useRef(run);
  now.current = run;
  const pipeline = run.data?.pipeline.id;
  const key = pipeline === undefined ? '' : eventsPath(at, pipeline, number);
  if (live.current.key !== key) live.current = { key, state: emptyState(), connection: 'connecting', error: null };

  useEffect(() => {
    if (key === '') return;
    const mine = live.current;
    let drawing = 0;
    const draw = () => { drawing ||= requestAnimationFrame(() => { drawing = 0; redraw((n) => n + 1); }); };
    const stream = listen(key, {
      events: (all) => {
        if (all.some((e) => e.name === 'gone')) return void now.current.reload();
        const events = all.flatMap((e) => {
          const event = JSON.parse(e.data) as Partial<RunEvent>;
          return event.kind === undefined ? [] : [event as RunEvent];
        });
        apply(mine.state, events);
        const last = mine.state.attempts.at(-1);
        const told = now.current.data?.attempts.at(-1);
        const turned = events.some((e) => ['attempt_created', 'attempt_ended', 'waiting', 'answered', 'cancel_requested'].includes(e.kind));
        if (turned && last && (last.number !== told?.number || last.status !== told.status)) {
          announce(`Attempt ${last.number}: ${wordOf(last.status)}`);
          void now.current.reload();
        }
        draw();
      },
      connection: (state) => { mine.connection = state; draw(); },
      failed: (error) => { mine.error = error; draw(); },
    });
    return () => { stream.stop(); cancelAnimationFrame(drawing); };
  }, [key]);

  return { ...run, state: live.current.state, connection: live.current.connection, streamError: live.current.error };
}

// An attempt, from the stream where it has come, else from what the API told.
export function attemptIn(run: Run, state: RunState, number: number): AttemptState | undefined {
  const streamed = state.attempts.find((a) => a.number === number);
  if (streamed) return streamed;
  const told = run.attempts.find((a) => a.number === number);
  if (!told) return undefined;
  const last = number === run.attempts.at(-1)?.number;
  return { number, status: told.status, created: told.create_date, started: told.start_date, ended: told.finish_date, error: '',
    denied: '', warnings: [], tests: '', answers: [],
    actions: new Map(last ? run.action_executions.map((a) => [a.action.id, { status: a.status, attempt: parseInt(a.action_execution_id.slice(12, 16), 16) || number,
      started: a.start_date, ended: a.finish_date, error: '', tries: 1 }]) : []) };
}
