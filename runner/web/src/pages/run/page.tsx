// SPDX-License-Identifier: Apache-2.0
// A run: how it stands, its attempts, its actions as a graph and a list, and the log of the one that is chosen.
import './run.css';
import { nameOf, refOf, type Run } from '../../api/runs';
import type { Place } from '../../api/paths';
import { pipelinePage, projectPage, runPage, workspacePage } from '../../app/addresses';
import { announce } from '../../app/announce';
import { go, setQuery } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useShortcuts } from '../../app/shortcuts';
import { Icon } from '../../parts/icon';
import { Page, Tabs } from '../../parts/page';
import { Notice, Problem, Waiting } from '../../parts/states';
import { StatusBadge, StatusMark, ended, waits } from '../../parts/status';
import { Name, plain } from '../../parts/text';
import { Ago, Took } from '../../parts/time';
import { Commit, RefName } from '../runs/table';
import { Body } from './body';
import { Denied } from './denied';
import { attemptIn, useLiveRun } from './live';
import { Operations, WaitingFor } from './operations';

const sentence = 'Missing permissions to the following integration';

// In the window's title: how it stands is seen among many tabs.
const signOf = (status: string) => (status === 'SUCCESSFUL' ? '✓' : status === 'FAILED' ? '✗' : ended(status) ? '–' : waits(status) ? '⏸' : '●');

const byWhat: Record<string, string> = { CLICK: 'by hand', SCHEDULER: 'by schedule', ON_EVERY_PUSH: 'by a push', PUSH: 'by a push', WEBHOOK: 'by a webhook', PIPELINE: 'by another pipeline' };

function Facts({ run, status }: { run: Run; status: string }) {
  const last = run.attempts.at(-1);
  const who = nameOf(last?.actor ?? run.creator);
  const ref = refOf(run);
  const commit = run.commit?.id ?? run.to_revision?.revision ?? '';
  return (
    <div class="run-facts">
      {ref ? <span><RefName of={ref} /></span> : null}
      {commit !== '' ? <span><Commit id={commit} /></span> : null}
      <span><Icon name="people" /><Name text={who || 'a trigger'} />{byWhat[run.triggered_on] ? ` ${byWhat[run.triggered_on]}` : ''}</span>
      <span><Icon name="clock" /><Ago at={last?.create_date ?? run.create_date} /></span>
      {last?.start_date ? <span>{ended(status) ? 'took' : 'for'} <Took from={last.start_date} to={ended(status) ? last.finish_date : null} /></span> : null}
      {run.from_fork ? <span class="strong">from a fork{run.fork_approved_by ? `, approved by ${plain(nameOf(run.fork_approved_by), 60)}` : ''}</span> : null}
    </div>
  );
}

export default function RunPage({ params, query, hash }: PageProps) {
  const at: Place = { workspace: params['workspace'] ?? '', project: params['project'] ?? '' };
  const number = Number(params['run']);
  const live = useLiveRun(at, number);
  const run = live.data;
  const base = runPage(at.workspace, at.project, number);
  const wanted = Number(query.get('attempt'));
  const lastNumber = Math.max(run?.attempts.length ?? 0, live.state.attempts.at(-1)?.number ?? 0);
  const shown = wanted >= 1 && wanted <= lastNumber ? wanted : lastNumber;
  const attempt = run ? attemptIn(run, live.state, shown) : undefined;
  useShortcuts([
    { keys: 'u', what: 'Up to the pipeline', run: () => { if (run) go(pipelinePage(at.workspace, at.project, run.pipeline.id)); } },
    { keys: '[', what: 'Attempt before', run: () => { if (shown > 1) setQuery({ attempt: String(shown - 1), action: null }, 'replace', ''); } },
    { keys: ']', what: 'Next attempt', run: () => { if (shown < lastNumber) setQuery({ attempt: shown + 1 === lastNumber ? null : String(shown + 1), action: null }, 'replace', ''); } },
  ]);

  const crumbs = [{ text: at.workspace, href: workspacePage(at.workspace) }, { text: at.project, href: projectPage(at.workspace, at.project) }];
  if (!run || !attempt)
    return (
      <Page title={`Run #${number}`} crumbs={crumbs}>
        {live.error ? <Problem error={live.error} again={live.reload} /> : <Waiting />}
      </Page>
    );

  const latest = shown === lastNumber;
  const newest = attemptIn(run, live.state, lastNumber) ?? attempt;
  const streamed = live.state.attempts.length > 0;
  const told = run.attempts.find((a) => a.number === shown)?.status;
  const status = latest && (!streamed || (told !== undefined && ended(told))) ? told ?? run.status : attempt.status;
  // Of this attempt: what was carried over from an earlier one did not begin here.
  const began = [...attempt.actions.values()].some((a) => a.attempt === shown && a.started !== null);
  const denied = status === 'WAITING_FOR_PERMISSION' ||
    (ended(status) && status !== 'SUCCESSFUL' && ((attempt.denied !== '' && !began) || (latest && run.error_message?.includes(sentence) === true)));
  const error = latest ? run.error_message ?? attempt.error : attempt.error;
  const put = (after: Run) => {
    live.put(after);
    void live.reload();
    if ((after.attempts.at(-1)?.number ?? 0) > lastNumber) setQuery({ attempt: null, action: null }, 'push', '');
  };
  const hrefOf = (action: number) => `${base}?${latest ? '' : `attempt=${shown}&`}action=${action}`;
  const waiting = run.action_executions.find((a) => waits(attempt.actions.get(a.action.id)?.status ?? a.status));
  const everything = [...crumbs, { text: run.pipeline.name, href: pipelinePage(at.workspace, at.project, run.pipeline.id) }];

  return (
    <Page title={`${run.pipeline.name} #${number}`} mark={signOf(status)} crumbs={everything} width="wide"
      heading={<span class="run-title"><span><bdi>{plain(run.pipeline.name, 80)}</bdi> #{number}</span><StatusBadge pill status={newest.status === attempt.status || latest ? status : newest.status} /></span>}
      actions={<Operations at={at} run={run} status={latest ? status : newest.status} put={put} />}>
      <div class="stack tight run-under">
        <Facts run={run} status={status} />
        {run.comment ? <p class="run-comment"><bdi>{plain(run.comment, 400)}</bdi></p> : null}
      </div>
      {lastNumber > 1
        ? <Tabs label="Attempts" tabs={Array.from({ length: lastNumber }, (_, i) => {
            const n = i + 1;
            const of = attemptIn(run, live.state, n);
            return { key: String(n), current: n === shown, href: n === lastNumber ? base : `${base}?attempt=${n}`,
              label: <><StatusMark status={of?.status ?? 'INITIAL'} />Attempt {n}</> };
          })} />
        : null}
      {live.streamError ? <Problem error={live.streamError} what="What happens now can’t be followed" again={live.reload} /> : null}
      {live.connection === 'lost' ? <Notice tone="wait" icon="warning">The connection to the server is lost. This goes on from here as soon as it is back.</Notice> : null}
      {!latest ? <Notice icon="info">This is attempt {shown} of {lastNumber}. <a class="inline" href={base}>Go to the latest</a></Notice> : null}
      {denied && latest
        ? <Denied at={at} run={run} waiting={status === 'WAITING_FOR_PERMISSION'} began={began} hrefOf={(name) => {
            const found = run.action_executions.find((a) => a.action.name === name);
            return found ? hrefOf(found.action.id) : null;
          }} onGranted={(after) => {
            announce(`Granted. Attempt ${after.attempt} has begun.`);
            put(after);
          }} />
        : null}
      {denied && !latest ? <pre class="card padded report">{plainReport(attempt.denied)}</pre> : null}
      {!denied && status === 'FAILED' && error && !/^the action "[^"]*" failed$/.test(error) ? <Notice tone="bad" icon="warning"><bdi>{plain(error, 2000)}</bdi></Notice> : null}
      {attempt.warnings.map((w, i) => <Notice key={i} tone="wait" icon="warning"><bdi>{plain(w, 1000)}</bdi></Notice>)}
      {waiting && latest ? <WaitingFor key={waiting.action.id} at={at} run={run} action={waiting} status={attempt.actions.get(waiting.action.id)?.status ?? waiting.status} put={put} /> : null}
      <Body at={at} run={run} attempt={attempt} chosen={Number(query.get('action')) || null} hash={hash} hrefOf={hrefOf} denied={denied} streamed={streamed} />
      {attempt.tests !== '' ? <details class="card padded"><summary>Tests: <bdi>{plain(attempt.tests.split('\n')[0] ?? '', 200)}</bdi></summary><pre class="report">{plainReport(attempt.tests)}</pre></details> : null}
    </Page>
  );
}

// Lines stay lines.
function plainReport(text: string): string {
  return text.split('\n').slice(0, 400).map((line) => plain(line, 1000)).join('\n');
}
