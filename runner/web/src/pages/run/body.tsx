// SPDX-License-Identifier: Apache-2.0
// The actions of an attempt and the log of the one that is chosen; where nobody has chosen, of the one that matters now.
import type { Place } from '../../api/paths';
import { actionIdIn, logPath, type Run } from '../../api/runs';
import { setQuery } from '../../app/router';
import { useShortcuts } from '../../app/shortcuts';
import { Empty } from '../../parts/states';
import { StatusMark, ended, waits, wordOf } from '../../parts/status';
import { Name, plain } from '../../parts/text';
import { Took, span, useClock } from '../../parts/time';
import { Actions, type ListedAction } from './actions';
import { Graph } from './graph';
import { LogView } from './log_view';
import { statusIn, type AttemptState } from './state';

interface BodyProps {
  at: Place;
  run: Run;
  attempt: AttemptState;
  chosen: number | null;
  hash: string;
  hrefOf: (action: number) => string;
  denied: boolean;
  streamed: boolean;
}

// One that was denied, a failed one, else one that goes on or waits, else the last that was executed, else the first.
export function mostTelling(list: { id: number; status: string; started: string | null; denied: boolean }[]): number | null {
  const found = list.find((a) => a.denied) ?? list.find((a) => a.status === 'FAILED') ?? list.find((a) => a.status === 'INPROGRESS') ?? list.find((a) => waits(a.status)) ??
    list.findLast((a) => a.started !== null) ?? list[0];
  return found?.id ?? null;
}

export function Body({ at, run, attempt, chosen, hash, hrefOf, denied, streamed }: BodyProps) {
  const going = !ended(attempt.status);
  const clock = useClock(going);
  const executions = run.action_executions;
  const list: ListedAction[] = executions.map((x) => {
    const known = attempt.actions.get(x.action.id);
    const status = x.action.disabled ? 'SKIPPED' : streamed ? statusIn(attempt, x.action.id, x.status) : x.status;
    return { id: x.action.id, name: x.action.name, type: x.action.type, status, started: known?.started ?? null, ended: known?.ended ?? null,
      href: hrefOf(x.action.id), denied: denied && x.error_message !== null,
      earlier: known && known.attempt < attempt.number ? known.attempt : null };
  });
  const current = list.some((a) => a.id === chosen) ? chosen : mostTelling(list);
  const shown = list.find((a) => a.id === current);
  const step = (by: number) => {
    const i = list.findIndex((a) => a.id === current) + by;
    const next = list[i];
    if (next) setQuery({ action: String(next.id) }, 'replace', '');
  };
  useShortcuts([
    { keys: 'j', what: 'Next action', run: () => step(1) },
    { keys: 'k', what: 'Action before', run: () => step(-1) },
  ]);
  if (!shown)
    return <Empty icon="pipeline" title="This run has no actions">Its definition has none, or none of them fits this run.</Empty>;

  const execution = executions.find((x) => x.action.id === current);
  const known = current === null ? undefined : attempt.actions.get(current);
  const executedIn = known?.attempt ?? attempt.number;
  const ownError = known?.error ?? '';
  const hasLog = known !== undefined && known.started !== null;
  const took = (a: ListedAction) => (a.earlier !== null ? `in attempt ${a.earlier}` : a.started === null ? '' : span((a.ended === null ? clock : Date.parse(a.ended)) - Date.parse(a.started)));
  const graph = list.map((a, i) => ({ id: a.id, name: a.name, status: a.status, took: took(a), href: a.href, denied: a.denied, stage: executions[i]?.stage ?? i }));
  const head = <>
    <StatusMark status={shown.denied ? 'WAITING_FOR_PERMISSION' : shown.status} /><Name text={shown.name} />
    {ownError !== '' && ownError.length <= 40 ? <span class="small tone-bad own-error"><bdi>{plain(ownError)}</bdi></span> : null}
    <span class="small dim nowrap">{known?.started ? <Took from={known.started} to={known.ended} /> : wordOf(shown.status)}</span>
  </>;
  return (
    <>
      {list.length > 1 ? <Graph actions={graph} chosen={current} /> : null}
      <div class="run-body">
        <Actions list={list} chosen={current} start={attempt.started} end={attempt.ended} />
        {hasLog && execution
          ? <div class="stack tight">
              {ownError.length > 40 ? <p class="wrong-line strong"><bdi>{plain(ownError, 1000)}</bdi></p> : null}
              <LogView action={shown.id} key={`${current} ${executedIn}`} path={logPath(at, run.pipeline.id, run.id, actionIdIn(execution.action_execution_id, executedIn))}
                hash={hash} going={known.ended === null && going} toEnd={known.status === 'FAILED'} head={head}
                empty={known.ended === null ? 'It has printed nothing yet.' : 'It printed nothing.'} />
            </div>
          : <Empty icon={shown.denied ? 'lock' : 'clock'} title={shown.denied ? 'It was not allowed to start' : ended(attempt.status) ? 'It was not executed' : 'It has not started yet'}>
              {shown.denied ? 'It needs an integration that this pipeline may not use. What is missing, and who can allow it, stands above.'
                : ended(attempt.status) ? 'The attempt ended before it, or its conditions did not hold.' : 'What it prints will appear here as it prints it.'}
            </Empty>}
      </div>
    </>
  );
}
