// SPDX-License-Identifier: Apache-2.0
// The inbox: runs that wait for an answer of the reader, and requests for access that they can grant.
import { useEffect } from 'preact/hooks';
import { ApiError, send } from '../../api/http';
import { own, workspaceAt, type Place } from '../../api/paths';
import { nameOf, operate, refOf, type Question, type RunRow } from '../../api/runs';
import { listen } from '../../api/sse';
import type { Person } from '../../api/types';
import { integrationPage, runPage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { somethingChanged, useLoad } from '../../app/load';
import type { PageProps } from '../../app/routes';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Page } from '../../parts/page';
import { Empty, Problem, Waiting } from '../../parts/states';
import { StatusBadge } from '../../parts/status';
import { Name, plain } from '../../parts/text';
import { Ago } from '../../parts/time';
import { RefName } from '../runs/table';

interface Waiter extends RunRow { waits_for: 'PERMISSION' | 'APPROVAL' | 'VARIABLES'; action: { id: number; name: string } | null; question: string | null; variables: Question[] }

interface Request {
  id: number | string;
  status: string;
  integration: { hash_id: string; name: string; identifier: string; type: string } | null;
  pipeline: { id: number; name: string };
  project: { name: string; display_name: string };
  execution: { id: number } | null;
  asked_by: Person | null;
  asked_at: string;
  note: string | null;
  mine: boolean;
  may_grant: boolean;
}

interface Inbox { executions: Waiter[]; access_requests: Request[] }

function WaitingRun({ workspace, run, done }: { workspace: string; run: Waiter; done: () => void }) {
  const at: Place = { workspace, project: run.project?.name ?? '' };
  const href = runPage(workspace, at.project, run.id);
  const approve = async () => {
    try {
      await confirmed(() => operate(at, run, 'APPLY', run.action ? { approve_action_id: run.action.id } : {}));
      notify(`${plain(run.pipeline.name, 60)} #${run.id} goes on.`, 'good');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(error.message, 'bad');
    }
    done();
  };
  return (
    <li class="list-row inbox-row">
      <div class="grow stack tight">
        <div class="row"><a class="strong" href={href}><Name text={run.pipeline.name} /> #{run.id}</a><span class="dim small">in <Name text={run.project?.display_name ?? ''} /></span><StatusBadge status={run.status} /></div>
        <div class="row small dim">{run.action ? <span>action <Name text={run.action.name} /></span> : null}<RefName of={refOf(run)} /><span>by <Name text={nameOf(run.actor ?? run.creator) || 'a trigger'} /></span><Ago at={run.create_date} /></div>
        {run.question ? <p><bdi>{plain(run.question, 400)}</bdi></p> : null}
      </div>
      {run.waits_for === 'APPROVAL' ? <div class="row"><a class="button" href={href}>Look</a><Button kind="primary" onClick={approve}>Approve</Button></div>
        : <a class="button primary" href={href}>{run.waits_for === 'PERMISSION' ? 'Look and grant' : 'Give the variables'}</a>}
    </li>
  );
}

function AccessRequest({ workspace, request, done }: { workspace: string; request: Request; done: () => void }) {
  const close = async () => {
    try {
      await send('DELETE', own(`${workspaceAt(workspace)}/access_requests/${encodeURIComponent(String(request.id))}`));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(error.message, 'bad');
    }
    done();
  };
  const run = request.execution ? runPage(workspace, request.project.name, request.execution.id) : null;
  return (
    <li class="list-row inbox-row">
      <div class="grow stack tight">
        <p><bdi class="strong">{request.mine ? 'You' : plain(nameOf(request.asked_by) || 'Somebody', 80)}</bdi> asked that <Name class="strong" text={request.pipeline.name} /> may use {request.integration
          ? <a href={integrationPage(workspace, request.integration.hash_id)}><Name text={request.integration.name} /></a> : 'an integration that you may not see'}</p>
        <div class="row small dim"><span>in <Name text={request.project.display_name} /></span><Ago at={request.asked_at} /></div>
        {request.note ? <blockquote><bdi>{plain(request.note, 1000)}</bdi></blockquote> : null}
      </div>
      <div class="row">
        <Button onClick={close}>{request.mine ? 'Withdraw' : 'Dismiss'}</Button>
        {request.may_grant && run ? <a class="button primary" href={run}>Look and grant</a> : run ? <a class="button" href={run}>Look</a> : null}
      </div>
    </li>
  );
}

export default function Approvals({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const inbox = useLoad<Inbox>(own(`${workspaceAt(workspace)}/waiting`));
  useEffect(() => {
    const stream = listen(own(`${workspaceAt(workspace)}/events`), {
      events: (events) => { if (events.some((e) => e.name === 'waiting' || e.name === 'run')) void inbox.reload(); },
    });
    return stream.stop;
  }, [workspace, inbox.reload]);
  const done = () => { somethingChanged(); void inbox.reload(); };
  const runs = inbox.data?.executions ?? [];
  const mine = (inbox.data?.access_requests ?? []).filter((r) => r.mine);
  const others = (inbox.data?.access_requests ?? []).filter((r) => !r.mine);
  return (
    <Page title="Approvals">
      {inbox.error ? <Problem error={inbox.error} again={inbox.reload} /> : null}
      {!inbox.data && !inbox.error ? <Waiting /> : null}
      {inbox.data && runs.length + mine.length + others.length === 0
        ? <Empty icon="inbox" title="Nothing waits for you">Here you find runs that wait for an approval, for variables or for a permission, and requests for access that you can grant.</Empty>
        : null}
      {runs.length > 0 ? <section class="stack tight"><h2>Runs that wait</h2><ul class="card">{runs.map((r) => <WaitingRun key={`${r.project?.name}${r.id}`} workspace={workspace} run={r} done={done} />)}</ul></section> : null}
      {others.length > 0 ? <section class="stack tight"><h2>Requests for access</h2><ul class="card">{others.map((r) => <AccessRequest key={r.id} workspace={workspace} request={r} done={done} />)}</ul></section> : null}
      {mine.length > 0 ? <section class="stack tight"><h2>What you asked for</h2><ul class="card">{mine.map((r) => <AccessRequest key={r.id} workspace={workspace} request={r} done={done} />)}</ul></section> : null}
    </Page>
  );
}

