// SPDX-License-Identifier: Apache-2.0
// Variables of the workspace, or of one of its projects. What is encrypted is written and never shown.
import { useState } from 'preact/hooks';
import type { Variable } from '../../api/access';
import { all, send } from '../../api/http';
import { withQuery, workspaceAt } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useProjects } from '../../app/places';
import { setQuery } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Check, Field, Select, TextField } from '../../parts/field';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { SettingsFrame } from './frame';

function Edit({ workspace, project, of, onClose, done }:
  { workspace: string; project: string; of: Variable | null; onClose: () => void; done: () => Promise<void> }) {
  const [key, setKey] = useState(of?.key ?? '');
  const [value, setValue] = useState(of === null || of.encrypted ? '' : of.value);
  const [encrypted, setEncrypted] = useState(of?.encrypted ?? true);
  const [settable, setSettable] = useState(of?.settable ?? false);
  const [description, setDescription] = useState(of?.description ?? '');
  const attempt = useAttempt();
  const path = `${workspaceAt(workspace)}/variables`;
  const kept = of !== null && of.encrypted;
  const save = () => attempt.run(async () => {
    const body = { key, encrypted, settable, description, ...(kept && value === '' ? {} : { value }) };
    await (of === null ? send('POST', path, { ...body, type: 'VAR', ...(project === '' ? {} : { project: { name: project } }) }) : send('PATCH', `${path}/${of.id}`, body));
    notify('Saved.', 'good');
    await done();
  });
  return (
    <Dialog title={of === null ? 'Add a variable' : `Edit ${plain(of.key, 60)}`} onClose={onClose}>
      <form class="stack" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <TextField label="Name" required pattern="[A-Za-z_][A-Za-z0-9_]*" spellcheck={false} value={key} onChange={setKey} hint="Letters, digits and _, no digit first." />
        <Field label="Value" hint={kept ? 'Left empty, it stays as it is.' : undefined}>
          {(tie) => <textarea {...tie} rows={3} class="mono" spellcheck={false} value={value} onInput={(event) => setValue(event.currentTarget.value)} />}
        </Field>
        <Check label="Encrypted" hint="Kept sealed, shown to nobody, masked in logs." checked={encrypted} onChange={setEncrypted} />
        <Check label="Actions may change it" hint="What a run exports under this name is kept for the next one." checked={settable} onChange={setSettable} />
        <TextField label={<>What it is for<span class="dim"> (optional)</span></>} value={description} onChange={setDescription} />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Save</Button></div>
      </form>
    </Dialog>
  );
}

export default function Variables({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const project = query.get('project') ?? '';
  const projects = useProjects(workspace).data ?? [];
  const path = withQuery(`${workspaceAt(workspace)}/variables`, { projectName: project });
  const { data, error, reload } = useLoad<Variable[]>(`${path}${path.includes('?') ? '&' : '?'}all`, (signal) => all<Variable>(path, 'variables', signal));
  const [open, setOpen] = useState<Variable | 'new' | null>(null);
  const attempt = useAttempt();
  const remove = async (of: Variable) => {
    if (!await askSure(`Remove ${plain(of.key, 60)}?`, 'Runs that begin from now on are without it.', 'Remove')) return;
    await attempt.run(() => send('DELETE', `${workspaceAt(workspace)}/variables/${of.id}`));
    await reload();
  };
  const add = <Button kind="primary" onClick={() => setOpen('new')}>Add a variable</Button>;
  return (
    <SettingsFrame workspace={workspace} tab="variables" forAll actions={data && data.length > 0 ? add : undefined}>
      <div class="filters"><Select aria-label="Of" value={project} onChange={(v) => setQuery({ project: v })}
        choices={[{ value: '', label: 'Of the workspace' }, ...projects.map((p) => ({ value: p.name, label: `Of ${plain(p.display_name, 60)}` }))]} /></div>
      <Wrong of={attempt} />
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0 ? <Empty icon="settings" title="No variables here yet" actions={add}>Every run {project === '' ? 'of the workspace' : 'of the project'} gets them in its environment.</Empty> : null}
      {data && data.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Name</th><th scope="col">Value</th><th scope="col"><span class="hidden-but-read">What you can do</span></th></tr></thead>
            <tbody>{data.map((v) => (
              <tr key={v.id}>
                <td class="lead"><span class="mono strong"><Name text={v.key} /></span>{v.description ? <div class="dim small"><Name text={v.description} /></div> : null}</td>
                <td>{v.encrypted ? <span class="dim">Encrypted</span> : <span class="mono"><Name text={v.value} /></span>}</td>
                <td class="fit"><span class="row"><Button label={`Edit ${plain(v.key, 60)}`} onClick={() => setOpen(v)}>Edit</Button><Button label={`Remove ${plain(v.key, 60)}`} onClick={() => remove(v)}>Remove</Button></span></td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      {open !== null ? <Edit workspace={workspace} project={project} of={open === 'new' ? null : open} onClose={() => setOpen(null)} done={async () => { setOpen(null); await reload(); }} /> : null}
    </SettingsFrame>
  );
}
