// SPDX-License-Identifier: Apache-2.0
// Where the lines of an action's log come from: a short log streams whole; of a long one the end streams, and parts are
// asked for as they are seen.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../../api/http';
import { withQuery } from '../../api/paths';
import { listen, type Connection } from '../../api/sse';
import { LogModel } from './log_model';

const shortLog = 400_000;  // bytes

interface Part { from: number; lines: string[]; total: number; size: number; over: boolean }

export interface LogSource {
  model: LogModel;
  version: number;  // grows with every change
  connection: Connection;
  ready: boolean;
  error: ApiError | null;
}

const partOf = (path: string, from: number, count: number, signal?: AbortSignal) =>
  get<Part>(withQuery(`${path}/lines`, { from, count }), signal);

async function begin(path: string, model: LogModel, signal: AbortSignal): Promise<{ after: string; over: boolean }> {
  let head: Part;
  try {
    head = await partOf(path, 1, 0, signal);
  } catch (error) {
    // A server that gives no parts still streams.
    if (error instanceof ApiError && error.notThere) return { after: '', over: false };
    throw error;
  }
  if (head.size <= shortLog) return { after: '', over: head.size === 0 && head.over };
  const last = head.over ? '\n' : await fetch(withQuery(`${path}/bytes`, { from: head.size - 1, count: 1 }), { signal }).then((r) => r.text());
  const open = last === '\n' ? '' : (await partOf(path, head.total, 1, signal)).lines[0] ?? '';
  model.startAt(head.total, open);
  return { after: String(head.size), over: head.over };
}

export function useLog(path: string | null): LogSource {
  const [, redraw] = useState(0);
  const source = useRef<{ path: string | null } & LogSource>({ path: '', model: new LogModel(() => {}), version: 0, connection: 'connecting', ready: false, error: null });
  if (source.current.path !== path)
    source.current = { path, model: new LogModel(() => {}), version: 0, connection: 'connecting', ready: false, error: null };

  useEffect(() => {
    if (path === null) return;
    const mine = source.current;
    let drawing = 0;
    const draw = () => {
      ++mine.version;
      drawing ||= requestAnimationFrame(() => { drawing = 0; redraw((n) => n + 1); });
    };
    mine.model = new LogModel(draw, (from, count) => partOf(path, from, count));
    const abort = new AbortController();
    let stop = () => {};
    begin(path, mine.model, abort.signal).then(({ after, over }) => {
      mine.ready = true;
      draw();
      if (over) {
        mine.connection = 'ended';
        return;
      }
      const stream = listen(path, {
        events: (events) => {
          const text = events.filter((e) => e.name === 'log').map((e) => (JSON.parse(e.data) as { text: string }).text).join('');
          if (text !== '') mine.model.append(text);
        },
        connection: (state) => { mine.connection = state; draw(); },
        failed: (error) => { mine.error = error; draw(); },
      }, after);
      stop = stream.stop;
    }, (error: unknown) => {
      if (abort.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      mine.error = error;
      mine.ready = true;
      draw();
    });
    return () => { abort.abort(); stop(); cancelAnimationFrame(drawing); };
  }, [path]);
  return source.current;
}
