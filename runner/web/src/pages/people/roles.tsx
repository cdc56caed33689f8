// SPDX-License-Identifier: Apache-2.0
// Roles: what who has one may do in a project. The workspace's own, besides those that every workspace has.
import { useState } from 'preact/hooks';
import type { PermissionSet } from '../../api/access';
import { send } from '../../api/http';
import { workspaceAt } from '../../api/paths';
import { notify } from '../../app/announce';
import { useNotAdministrator, useRoles } from '../../app/me';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { PeopleFrame } from './frame';
import './people.css';

const pipelineWords: Record<string, string> = { DENIED: 'Sees none', READ_ONLY: 'Sees them', RUN_ONLY: 'Runs them', READ_WRITE: 'Runs and changes them' };
const teamWords: Record<string, string> = { READ_ONLY: 'Sees who is in it', MANAGE: 'Decides who is in it' };

function Edit({ workspace, of, onClose, done }: { workspace: string; of: PermissionSet | null; onClose: () => void; done: () => Promise<void> }) {
  const [name, setName] = useState(of?.name ?? '');
  const [description, setDescription] = useState(of?.description ?? '');
  const [pipelines, setPipelines] = useState<string>(of?.pipeline_access_level ?? 'RUN_ONLY');
  const [team, setTeam] = useState(of?.project_team_access_level ?? 'READ_ONLY');
  const attempt = useAttempt();
  const path = `${workspaceAt(workspace)}/permissions`;
  const save = () => attempt.run(async () => {
    const body = { name, description, pipeline_access_level: pipelines, project_team_access_level: team };
    await (of === null ? send('POST', path, body) : send('PATCH', `${path}/${of.id}`, body));
    notify('Saved.', 'good');
    await done();
  });
  const choices = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }));
  return (
    <Dialog title={of === null ? 'Add a role' : `Edit the role ${plain(of.name, 60)}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <TextField label="Name" required maxLength={100} value={name} onChange={setName} />
        <TextField label={<>What it is for<span class="dim"> (optional)</span></>} maxLength={200} value={description} onChange={setDescription} />
        <SelectField label="Pipelines of the project" value={pipelines} onChange={setPipelines} choices={choices(pipelineWords)} />
        <SelectField label="The project’s team" value={team} onChange={setTeam} choices={choices(teamWords)} />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Save</Button></div>
      </form>
    </Dialog>
  );
}

export default function Roles({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const marked = Number(params['set'] ?? 0);
  const { data, error, reload } = useRoles(workspace);
  const off = useNotAdministrator(workspace);
  const [open, setOpen] = useState<PermissionSet | 'new' | null>(null);
  const attempt = useAttempt();
  const remove = async (of: PermissionSet) => {
    if (!await askSure(`Remove the role ${plain(of.name, 60)}?`, 'Whoever has it in a project loses it there.', 'Remove')) return;
    if (await attempt.run(() => send('DELETE', `${workspaceAt(workspace)}/permissions/${of.id}`))) notify('The role was removed.');
    await reload();
  };
  return (
    <PeopleFrame workspace={workspace} tab="people/roles" actions={<Button kind="primary" off={off} onClick={() => setOpen('new')}>Add a role</Button>}>
      <p class="dim">What somebody may do in a project. Who has which role there stands under <em>Roles in projects</em>.</p>
      <Wrong of={attempt} />
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Role</th><th scope="col">Pipelines</th><th scope="col">Team</th><th scope="col"><span class="hidden-but-read">What you can do</span></th></tr></thead>
            <tbody>{data.map((s) => (
              <tr key={s.id} class={s.id === marked ? 'marked' : ''}>
                <td class="lead"><Name text={s.name} class="strong" />{s.description ? <div class="dim small"><Name text={s.description} /></div> : null}</td>
                <td class="fit">{pipelineWords[s.pipeline_access_level] ?? s.pipeline_access_level}</td>
                <td class="fit">{teamWords[s.project_team_access_level ?? ''] ?? ''}</td>
                <td class="fit">{s.type !== 'CUSTOM' ? <span class="dim small">Always there</span> : off !== null ? null
                  : <span class="row"><Button label={`Edit ${plain(s.name, 60)}`} onClick={() => setOpen(s)}>Edit</Button><Button label={`Remove ${plain(s.name, 60)}`} onClick={() => remove(s)}>Remove</Button></span>}</td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      {open !== null ? <Edit workspace={workspace} of={open === 'new' ? null : open} onClose={() => setOpen(null)} done={async () => { setOpen(null); await reload(); }} /> : null}
    </PeopleFrame>
  );
}
