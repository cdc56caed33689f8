// SPDX-License-Identifier: Apache-2.0
// What a run lacks: a panel for each integration, in the order of the file, with who can allow it; and the two ways on:
// grant and retry, or ask somebody who may.
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { askForAccess, missingPath, type Missing, type MissingReport, type Run } from '../../api/runs';
import { integrationPage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useShortcuts } from '../../app/shortcuts';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { useTitles } from '../../parts/integration_types';
import { Problem } from '../../parts/states';
import { Name, plain, plural } from '../../parts/text';
import { GrantDialog } from './grant';

const levelWords: Record<string, string> = { USE_ONLY: 'Use', MANAGE: 'Manage' };

function IntegrationTitle({ m, workspace }: { m: Missing; workspace: string }) {
  const titleOf = useTitles();
  if (m.integration === null) return <span>An integration that you may not see</span>;
  const name = m.name ?? m.integration;
  return (
    <>
      {m.integration_id ? <a href={integrationPage(workspace, m.integration_id)}><Name text={name} /></a> : <Name text={name} />}
      {m.identifier ? <code class="chip">{plain(m.identifier, 60)}</code> : null}
      {m.type ? <span class="dim small">{plain(titleOf(m.type), 40)}</span> : null}
    </>
  );
}

function Panel({ m, workspace, hrefOf }: { m: Missing; workspace: string; hrefOf: (action: string) => string | null }) {
  return (
    <article class="denied-one">
      <h3><Icon name="lock" /><IntegrationTitle m={m} workspace={workspace} /></h3>
      <dl class="facts">
        <dt>used by</dt>
        <dd>
          {m.used_by.map((u, i) => {
            const href = hrefOf(u.action);
            const name = <Name text={u.action} />;
            return <div key={i}>action {href ? <a href={href}>{name}</a> : name} {u.file !== '' ? <code class="dim">{plain(u.file, 80)}:{u.line}:{u.column}</code> : null}</div>;
          })}
        </dd>
        <dt>reason</dt>
        <dd><bdi>{plain(m.reason, 600)}</bdi></dd>
        {m.integration !== null
          ? <>
              <dt>can grant</dt>
              <dd>{m.can_grant.length === 0 ? 'nobody at present: ask an administrator of the workspace'
                : m.can_grant.map((g, i) => <span key={g.who}>{i > 0 ? ', ' : ''}<bdi class={g.who === 'you' ? 'strong' : ''}>{plain(g.who, 80)}</bdi> <span class="dim">({levelWords[g.level] ?? g.level})</span></span>)}</dd>
            </>
          : null}
      </dl>
      {!m.may_grant && m.why_not ? <p class="small dim">{plain(m.why_not, 300)}</p> : null}
    </article>
  );
}

function AskDialog({ at, run, onClose }: { at: Place; run: Run; onClose: () => void }) {
  const [note, setNote] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const ask = async () => {
    try {
      await askForAccess(at, run.pipeline.id, run.id, note.trim());
      notify('Asked. Those who can grant it see it among their approvals, and this page goes on when they do.', 'good');
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
    }
  };
  return (
    <Dialog title="Ask for access" onClose={onClose}>
      <p>Those who may grant what <bdi class="strong">{plain(run.pipeline.name, 80)}</bdi> #{run.id} lacks will find your request among their approvals.</p>
      <Field label="Why it is needed" hint="May be left out.">
        {(tie) => <textarea {...tie} rows={3} maxLength={1000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />}
      </Field>
      {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
      <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={ask}>Ask</Button></div>
    </Dialog>
  );
}

function whyNot(report: MissingReport, run: Run): string | null {
  if (report.may_grant_and_retry) return null;
  if (run.may?.run === false) return 'You may not run this pipeline, so you can’t retry it.';
  const foreign = report.missing.filter((m) => !m.may_grant);
  const hidden = foreign.filter((m) => m.integration === null).length;
  const names = foreign.flatMap((m) => (m.integration === null ? [] : [plain(m.name ?? m.integration, 60)]));
  if (names.length > 0) return `You may not grant ${names.join(', ')}${hidden > 0 ? ' and another that you may not see' : ''}.`;
  if (hidden > 0) return `${plural(hidden, 'integration')} of these you may not see.`;
  return 'This run can’t be retried now.';
}

export function Denied({ at, run, waiting, began, hrefOf, onGranted }:
  { at: Place; run: Run; waiting: boolean; began: boolean; hrefOf: (action: string) => string | null; onGranted: (after: Run & { attempt: number }) => void }) {
  const report = useLoad<MissingReport>(missingPath(at, run.pipeline.id, run.id));
  const [open, setOpen] = useState<'grant' | 'ask' | null>(null);
  const missing = report.data?.missing ?? [];
  const off = report.data ? whyNot(report.data, run) : 'Looking who may…';
  const mayAsk = missing.some((m) => !m.may_grant);
  useShortcuts([{ keys: 'p', what: 'Grant and retry', run: () => { if (off === null) setOpen('grant'); } }]);
  if (report.error) return <Problem error={report.error} what="What this run lacks could not be loaded" again={report.reload} />;
  if (report.data && missing.length === 0)
    return (
      <div class="notice tone-good"><Icon name="check" /><div>
        <p><span class="strong">Nothing is missing any more.</span> {waiting ? 'The run goes on by itself.' : 'The permission has been given since: retry the run.'}</p>
      </div></div>
    );
  const verb = waiting ? 'Grant and go on' : 'Grant and retry';
  return (
    <section class="denied" aria-labelledby="denied-title">
      <div class="row between">
        <div>
          <h2 id="denied-title" class="denied-title">Missing permissions to the following {missing.length === 1 ? 'integration' : 'integrations'}</h2>
          <p class="dim small">{waiting ? 'The run waits until somebody grants it.' : began ? 'The permission was not there when the action came to it.' : 'The run failed before it started: nothing was executed.'}</p>
        </div>
        <div class="row">
          {mayAsk ? <Button onClick={() => setOpen('ask')}>Ask for access</Button> : null}
          <Button kind="primary" off={off} onClick={() => setOpen('grant')}><Icon name="key" />{verb}</Button>
        </div>
      </div>
      {off !== null && report.data ? <p class="small dim">{off}</p> : null}
      <div class="denied-list">{missing.map((m, i) => <Panel key={i} m={m} workspace={at.workspace} hrefOf={hrefOf} />)}</div>
      {open === 'grant' ? <GrantDialog at={at} run={run} missing={missing} verb={verb} onClose={() => setOpen(null)} onGranted={onGranted} onChanged={report.reload} /> : null}
      {open === 'ask' ? <AskDialog at={at} run={run} onClose={() => setOpen(null)} /> : null}
    </section>
  );
}
