// SPDX-License-Identifier: Apache-2.0
// Webhooks: which address is told of what, and how the last deliveries went.
import { useState } from 'preact/hooks';
import type { Webhook } from '../../api/access';
import { all, send } from '../../api/http';
import { workspaceAt } from '../../api/paths';
import { workspacePage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useProjects } from '../../app/places';
import { go } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Check, TextField } from '../../parts/field';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { Ago } from '../../parts/time';
import { SettingsFrame } from './frame';

const events: Record<string, string> = {
  PUSH: 'Something was pushed', EXECUTION_STARTED: 'A run started', EXECUTION_SUCCESSFUL: 'A run was successful',
  EXECUTION_FAILED: 'A run failed', EXECUTION_FINISHED: 'A run ended, however',
};
const toggled = (list: readonly string[], item: string, on: boolean) => (on ? [...list, item] : list.filter((x) => x !== item));

function Edit({ workspace, of, onClose, done }: { workspace: string; of: Webhook | null; onClose: () => void; done: () => Promise<void> }) {
  const projects = useProjects(workspace).data ?? [];
  const [target, setTarget] = useState(of?.target_url ?? '');
  const [secret, setSecret] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>(of?.events ?? ['EXECUTION_FAILED']);
  const [only, setOnly] = useState<readonly string[]>(of?.projects ?? []);
  const attempt = useAttempt();
  const path = `${workspaceAt(workspace)}/webhooks`;
  const save = () => attempt.run(async () => {
    const body = { target_url: target, events: chosen, projects: only, ...(secret === '' ? {} : { secret_key: secret }) };
    await (of === null ? send('POST', path, body) : send('PATCH', `${path}/${of.id}`, body));
    notify('Saved.', 'good');
    await done();
  });
  return (
    <Dialog title={of === null ? 'Add a webhook' : 'Edit the webhook'} onClose={onClose}>
      <form class="stack" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <TextField label="Address" type="url" required placeholder="https://hooks.acme.test/ci" value={target} onChange={setTarget} />
        <TextField label={<>Secret<span class="dim"> (optional)</span></>} type="password" autocomplete="new-password" value={secret} onChange={setSecret}
          hint={of === null ? 'What is sent is signed with it. It is shown to nobody again.' : 'Left empty, it stays as it is.'} />
        <fieldset><legend>Tell it that</legend>{Object.entries(events).map(([e, label]) => <Check key={e} label={label} checked={chosen.includes(e)} onChange={(on) => setChosen(toggled(chosen, e, on))} />)}</fieldset>
        {projects.length > 0
          ? <fieldset><legend>Only of these projects</legend>{projects.map((p) => <Check key={p.name} label={plain(p.display_name, 60)} checked={only.includes(p.name)} onChange={(on) => setOnly(toggled(only, p.name, on))} />)}
              <p class="small dim">Of all, where none is chosen.</p></fieldset>
          : null}
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary" off={chosen.length === 0 ? 'Choose what it is told of.' : null}>Save</Button></div>
      </form>
    </Dialog>
  );
}

function Deliveries({ workspace, id, onClose }: { workspace: string; id: number; onClose: () => void }) {
  const { data, error, reload } = useLoad<Webhook>(`${workspaceAt(workspace)}/webhooks/${id}`);
  return (
    <Dialog title="The last deliveries" onClose={onClose}>
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.requests?.length === 0 ? <p class="dim">Nothing was sent yet.</p> : null}
      {data?.requests && data.requests.length > 0
        ? <ul class="stack tight">{data.requests.map((r, i) => (
            <li key={i} class="row between"><span>{r.post_date ? <Ago at={r.post_date} /> : 'Waits to be sent'}</span><code class="chip">{plain(r.response_status ?? 'no answer', 80)}</code></li>
          ))}</ul>
        : null}
      <div class="ends"><Button onClick={onClose}>Close</Button></div>
    </Dialog>
  );
}

export default function Webhooks({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const path = `${workspaceAt(workspace)}/webhooks`;
  const { data, error, reload } = useLoad<Webhook[]>(`${path}?all`, (signal) => all<Webhook>(path, 'webhooks', signal));
  const [open, setOpen] = useState<Webhook | 'new' | null>(null);
  const attempt = useAttempt();
  const id = Number(params['webhook'] ?? 0);
  const remove = async (of: Webhook) => {
    if (!await askSure('Remove this webhook?', `${plain(of.target_url, 100)} is told nothing any more.`, 'Remove')) return;
    await attempt.run(() => send('DELETE', `${path}/${of.id}`));
    await reload();
  };
  const add = <Button kind="primary" onClick={() => setOpen('new')}>Add a webhook</Button>;
  return (
    <SettingsFrame workspace={workspace} tab="webhooks" actions={data && data.length > 0 ? add : undefined}>
      <Wrong of={attempt} />
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0 ? <Empty icon="link" title="No webhooks yet" actions={add}>An address of yours that is told when something is pushed, or when a run starts or ends.</Empty> : null}
      {data && data.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Address</th><th scope="col">Is told</th><th scope="col"><span class="hidden-but-read">What you can do</span></th></tr></thead>
            <tbody>{data.map((h) => (
              <tr key={h.id}>
                <td class="lead"><Name text={h.target_url} class="strong" />{h.projects.length > 0 ? <div class="dim small">only {h.projects.map((p) => plain(p, 40)).join(', ')}</div> : null}</td>
                <td class="small">{h.events.map((e) => events[e] ?? e).join('; ')}</td>
                <td class="fit"><span class="row"><a class="button" href={workspacePage(workspace, `webhooks/${h.id}`)}>Deliveries</a><Button onClick={() => setOpen(h)}>Edit</Button><Button onClick={() => remove(h)}>Remove</Button></span></td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      {open !== null ? <Edit workspace={workspace} of={open === 'new' ? null : open} onClose={() => setOpen(null)} done={async () => { setOpen(null); await reload(); }} /> : null}
      {id > 0 ? <Deliveries workspace={workspace} id={id} onClose={() => go(workspacePage(workspace, 'webhooks'))} /> : null}
    </SettingsFrame>
  );
}
