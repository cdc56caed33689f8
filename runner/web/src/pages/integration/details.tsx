// SPDX-License-Identifier: Apache-2.0
import { Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IntegrationType, UsedBy } from '../../api/access';
import { send } from '../../api/http';
import { integrationAt, own } from '../../api/paths';
import { pipelinePage, workspacePage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { somethingChanged, useLoad } from '../../app/load';
import { go } from '../../app/router';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { useTypes } from '../../parts/integration_types';
import { levelWord } from '../../parts/level';
import { Notice, Problem, Waiting } from '../../parts/states';
import { Name, plain, plural } from '../../parts/text';
import { given, TypeFields, type Values } from './fields';
import type { TabProps } from './tab';

function Edit({ type, onClose, ...t }: TabProps & { type: IntegrationType | undefined; onClose: () => void }) {
  const [name, setName] = useState(t.of.name);
  const [demanded, setDemanded] = useState<string>(t.of.demanded_to_grant);
  const [values, setValues] = useState<Values>(Object.fromEntries((type?.fields ?? []).filter((f) => !f.secret)
    .map((f) => [f.name, typeof t.of[f.name] === 'string' ? String(t.of[f.name]) : ''])));
  const [chosen, setChosen] = useState(0);
  const attempt = useAttempt();
  const save = () => attempt.run(async () => {
    const done = await confirmed(() => send('PATCH', integrationAt(t.workspace, t.of.hash_id),
      { name, demanded_to_grant: demanded, ...(type ? given(type, values, chosen) : {}) }, { ifMatch: t.etag }));
    if (done === undefined) return;
    await t.reload();
    somethingChanged();
    notify('Saved.', 'good');
    onClose();
  });
  return (
    <Dialog title={`Edit ${plain(t.of.name, 60)}`} onClose={onClose}>
      <form class="stack" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <TextField label="Name" required maxLength={100} value={name} onChange={setName} />
        <SelectField label="Granting it to a pipeline needs" value={demanded} onChange={setDemanded}
          choices={[{ value: 'USE_ONLY', label: 'Use' }, { value: 'MANAGE', label: 'Manage' }]} />
        {type ? <TypeFields type={type} values={values} onChange={setValues} chosen={chosen} onChoose={setChosen} kept /> : null}
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Save</Button></div>
      </form>
    </Dialog>
  );
}

function UsedByList({ workspace, of }: { workspace: string; of: UsedBy }) {
  const n = of.pipelines.length + of.hidden;
  if (n === 0) return <p>No pipeline names it.</p>;
  return (
    <div class="stack tight">
      <p>{plural(n, 'pipeline names it', 'pipelines name it')}. Without it {n === 1 ? 'its runs stop' : 'their runs stop'}:</p>
      <ul class="stack tight">
        {of.pipelines.map((p) => (
          <li key={p.pipeline.id}><a class="inline" href={pipelinePage(workspace, p.project.name, p.pipeline.id)}><Name text={p.pipeline.name} /></a>
            <span class="dim small"> in {plain(p.project.name, 60)}: {p.actions.map((a) => plain(a, 60)).join(', ')}</span></li>
        ))}
        {of.hidden > 0 ? <li class="dim">{of.pipelines.length > 0 ? 'and ' : ''}{plural(of.hidden, 'pipeline')} that you may not see</li> : null}
      </ul>
    </div>
  );
}

function Remove({ workspace, of, onClose }: TabProps & { onClose: () => void }) {
  const used = useLoad<UsedBy>(own(`${integrationAt(workspace, of.hash_id)}/used_by`));
  const attempt = useAttempt();
  const remove = async () => {
    if (!await attempt.run(() => send('DELETE', integrationAt(workspace, of.hash_id)))) return;
    somethingChanged();
    notify(`${plain(of.name, 60)} was deleted.`);
    go(workspacePage(workspace, 'integrations'), 'replace');
  };
  return (
    <Dialog title={`Delete ${plain(of.name, 60)}?`} onClose={onClose}>
      {used.data ? <UsedByList workspace={workspace} of={used.data} /> : used.error ? <Problem error={used.error} /> : <Waiting />}
      <p>The credential and every permission to use it are gone for good. What the audit log says stays.</p>
      <Wrong of={attempt} />
      <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="danger" onClick={remove}>Delete it</Button></div>
    </Dialog>
  );
}

interface Tested { tested: boolean; ok: boolean | null; message: string }

const toneOf = (ok: boolean | null) => (ok === true ? ['good', 'check'] : ok === false ? ['bad', 'warning'] : ['idle', 'info']) as
  ['good', 'check'] | ['bad', 'warning'] | ['idle', 'info'];

function Test({ workspace, of }: TabProps) {
  const [said, setSaid] = useState<Tested | null>(null);
  const attempt = useAttempt();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => { if (said) place.current?.scrollIntoView({ block: 'nearest' }); }, [said]);
  const test = async () => {
    setSaid(null);
    await attempt.run(async () => setSaid(await send<Tested>('POST', own(`${integrationAt(workspace, of.hash_id)}/test`), {})));
  };
  return (
    <>
      <Button onClick={test}>Test the connection</Button>
      <Wrong of={attempt} />
      <div role="status" class="grow" ref={place}>
        {said ? <Notice tone={toneOf(said.ok)[0]} icon={toneOf(said.ok)[1]}><p>{plain(said.message, 600)}</p></Notice> : null}
      </div>
    </>
  );
}

export function Details(t: TabProps) {
  const [open, setOpen] = useState<'' | 'edit' | 'remove'>('');
  const type = useTypes().data?.integration_types.find((x) => x.type === t.of.type);
  const settings = (type?.fields ?? []).filter((f) => !f.secret && typeof t.of[f.name] === 'string' && t.of[f.name] !== '');
  return (
    <div class="stack">
      <div class="card padded stack">
        <dl class="facts">
          <dt>Service</dt><dd>{type?.title ?? t.of.type}</dd>
          <dt>Identifier</dt><dd><code class="chip">{plain(t.of.identifier)}</code></dd>
          <dt>Scope</dt><dd>{t.of.scope === 'WORKSPACE' ? 'The whole workspace' : <>The project <Name text={t.of.project_name ?? ''} /></>}</dd>
          <dt>Credential</dt><dd>Sealed; it is shown to nobody</dd>
          {settings.map((f) => <Fragment key={f.name}><dt>{f.help || f.name}</dt><dd><Name text={String(t.of[f.name])} /></dd></Fragment>)}
          {type && type.delivers.length > 0
            ? <><dt>Actions get</dt><dd class="row">{type.delivers.map((d) => <code key={d} class="chip">{d}</code>)}</dd></> : null}
          <dt>Granting needs</dt><dd>{levelWord(t.of.demanded_to_grant)}</dd>
        </dl>
        <div class="row">
          <Button onClick={() => setOpen('edit')} off={t.off}>Edit</Button>
          {type?.can_be_tested ? <Test {...t} /> : null}
        </div>
        {type && !type.can_be_tested
          ? <p class="small dim">There is no harmless question known that would test the credential of this service: its first run shows whether it is taken.</p> : null}
        {t.off ? <p class="small dim">{t.off}</p> : null}
      </div>
      <div class="row"><Button kind="quiet" class="warns" off={t.off} onClick={() => setOpen('remove')}>Delete this integration…</Button></div>
      {open === 'edit' ? <Edit {...t} type={type} onClose={() => setOpen('')} /> : null}
      {open === 'remove' ? <Remove {...t} onClose={() => setOpen('')} /> : null}
    </div>
  );
}
