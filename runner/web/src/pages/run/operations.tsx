// SPDX-License-Identifier: Apache-2.0
// What can be done with a run: cancel, retry, approve, answer with variables.
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { operate, refOf, runNow, type ActionExecution, type Operation, type Question, type Run } from '../../api/runs';
import { runPage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { somethingChanged } from '../../app/load';
import { go } from '../../app/router';
import { useShortcuts } from '../../app/shortcuts';
import { Button } from '../../parts/button';
import { askSure, confirmed } from '../../parts/confirm';
import { Select, TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { ended, waits } from '../../parts/status';
import { Name, plain } from '../../parts/text';

export async function doIt(at: Place, run: Run, operation: Operation, more: object, then: (after: Run) => void): Promise<void> {
  try {
    const after = await confirmed(() => operate(at, run, operation, more));
    if (!after) return;
    somethingChanged();
    then(after);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'bad');
  }
}

const mayNot = 'You may see this pipeline, but not run it.';

export function Operations({ at, run, status, put }: { at: Place; run: Run; status: string; put: (after: Run) => void }) {
  const off = run.may?.run === false ? mayNot : null;
  const over = ended(status);
  const cancel = async () => {
    if (await askSure(`Cancel #${run.id}?`, 'Everything that its actions have started is ended. What has succeeded stays; the run can be retried.', 'Cancel the run'))
      await doIt(at, run, 'CANCEL', {}, put);
  };
  const retry = () => doIt(at, run, 'RETRY', {}, put);
  const again = async () => {
    const ref = refOf(run);
    const commit = run.commit?.id ?? run.to_revision?.revision;
    const order = { ...(ref ? { [ref.type]: { name: ref.name } } : {}), ...(commit ? { to_revision: { revision: commit } } : {}), ...(run.comment ? { comment: run.comment } : {}) };
    try {
      const made = await runNow(at, run.pipeline.id, order);
      go(runPage(at.workspace, at.project, made.id));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(error.message, 'bad');
    }
  };
  useShortcuts([
    { keys: 'r', what: 'Retry the run, or run it again', run: () => { if (over && off === null) void (status === 'SUCCESSFUL' ? again() : retry()); } },
    { keys: 'x', what: 'Cancel the run', run: () => { if (!over && off === null) void cancel(); } },
  ]);
  return (
    <>
      {run.from_fork && !run.fork_approved_by && over
        ? <Button off={off} onClick={() => doIt(at, run, 'APPROVE_FORK', {}, put)} title="Lets this run of a fork’s pull request use integrations">Approve the fork’s code</Button>
        : null}
      {status === 'ENQUEUED' ? <Button off={off} onClick={() => doIt(at, run, 'RUN_DELAYED', {}, put)}>Run now</Button> : null}
      {over
        ? status === 'SUCCESSFUL'
          ? <Button off={off} onClick={again} title="A new run of the same commit"><Icon name="retry" />Run again</Button>
          : <Button off={off} onClick={retry}><Icon name="retry" />Retry</Button>
        : <Button off={off ?? (status === 'TERMINATING' ? 'It is being cancelled.' : null)} onClick={cancel}><Icon name="stop" />Cancel</Button>}
    </>
  );
}

function Answers({ questions, values, set }: { questions: Question[]; values: Record<string, string>; set: (key: string, value: string) => void }) {
  return (
    <div class="stack">
      {questions.map((q) => (q.options && q.options.length > 0
        ? <div class="field" key={q.key}><span class="label">{plain(q.key)}</span>
            <Select aria-label={plain(q.key)} value={values[q.key] ?? ''} onChange={(v) => set(q.key, v)} choices={q.options.map((o) => ({ value: o, label: plain(o) }))} />
            {q.description ? <span class="hint">{plain(q.description, 400)}</span> : null}</div>
        : <TextField key={q.key} label={plain(q.key)} value={values[q.key] ?? ''} onChange={(v) => set(q.key, v)} spellcheck={false}
            {...(q.encrypted ? { type: 'password', autocomplete: 'new-password', required: true } as const : {})}
            hint={q.description ? plain(q.description, 400) : q.encrypted ? 'A secret: kept sealed until it is used, masked in logs, shown to nobody.' : undefined} />))}
    </div>
  );
}

// A run that waits for somebody says for what, and takes the answer here.
export function WaitingFor({ at, run, action, status, put }:
  { at: Place; run: Run; action: ActionExecution; status: string; put: (after: Run) => void }) {
  const questions = action.variables ?? [];
  // What was typed; the questions may come a moment after the news that the run waits.
  const [typed, setTyped] = useState<Record<string, string>>({});
  const values = Object.fromEntries(questions.map((q) => [q.key, typed[q.key] ?? q.value ?? q.options?.[0] ?? '']));
  const [free, setFree] = useState('');
  if (!waits(status) || status === 'WAITING_FOR_PERMISSION') return null;
  const variables = status === 'WAITING_FOR_VARIABLES';
  const lacking = variables ? questions.find((q) => q.encrypted && values[q.key] === '') : undefined;
  const off = run.may?.run === false ? mayNot : null;
  const answer = () => {
    const secret = (key: string) => questions.some((q) => q.key === key && q.encrypted);
    const given = questions.length > 0 ? Object.entries(values).map(([key, value]) => ({ key, value, ...(secret(key) ? { encrypted: true } : {}) }))
      : free.split('\n').filter((line) => line.includes('=')).map((line) => ({ key: line.slice(0, line.indexOf('=')).trim(), value: line.slice(line.indexOf('=') + 1) }));
    return doIt(at, run, variables ? 'APPLY_VARIABLES' : 'APPLY', { approve_action_id: action.action.id, ...(variables ? { variables: given } : {}) }, put);
  };
  return (
    <section class="notice tone-wait" aria-label="Waiting for an answer">
      <Icon name="clock" />
      <div class="stack">
        <p><span class="strong"><Name text={action.action.name} /></span> {variables ? 'waits for variables.' : 'waits for approval.'}{action.question ? <> <bdi>{plain(action.question, 600)}</bdi></> : null}</p>
        {variables && questions.length > 0 ? <Answers questions={questions} values={values} set={(key, value) => setTyped({ ...typed, [key]: value })} /> : null}
        {variables && questions.length === 0
          ? <div class="field"><label for="free-variables">Variables, a line each: NAME=value</label><textarea id="free-variables" rows={3} class="mono" value={free} onInput={(event) => setFree(event.currentTarget.value)} /></div>
          : null}
        <div class="row"><Button kind="primary" off={off ?? (lacking ? `Fill in ${plain(lacking.key, 60)} first.` : null)} showReason onClick={answer}>{variables ? 'Go on with these' : 'Approve'}</Button></div>
      </div>
    </section>
  );
}
