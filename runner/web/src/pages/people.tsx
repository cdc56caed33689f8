// SPDX-License-Identifier: Apache-2.0
// Members of a workspace: who they are, and whether they administer it. An address of one member marks their row.
import { useState } from 'preact/hooks';
import type { Member } from '../api/access';
import { send } from '../api/http';
import { own, workspaceAt } from '../api/paths';
import { notify } from '../app/announce';
import { useMembers, useMyId, useNotAdministrator } from '../app/me';
import type { PageProps } from '../app/routes';
import { useAttempt, Wrong } from '../parts/attempt';
import { Button } from '../parts/button';
import { askSure } from '../parts/confirm';
import { Dialog } from '../parts/dialog';
import { Select, TextField } from '../parts/field';
import { ShownOnce } from '../parts/once';
import { Problem, Waiting } from '../parts/states';
import { Name, plain } from '../parts/text';
import { PeopleFrame } from './people/frame';
import './people/people.css';

const called = (m: Member) => plain(m.name || m.email || '', 60);

interface Link { of: Member; url: string; expires: string }

async function linkFor(workspace: string, of: Member): Promise<Link> {
  const made = await send<{ code: string; expires_at: string }>('POST', own(`${workspaceAt(workspace)}/members/${of.id}/password-link`));
  return { of, url: `${location.origin}/app/password#${made.code}`, expires: made.expires_at };
}

function AddMember({ workspace, onClose, done }: { workspace: string; onClose: () => void; done: (link: Link | null) => Promise<void> }) {
  const [email, setEmail] = useState('');
  const attempt = useAttempt();
  const add = () => attempt.run(async () => {
    const made = await send<Member>('POST', `${workspaceAt(workspace)}/members`, { email: email.trim() });
    // Who has been here with another workspace has a password; a link is not ours to make then.
    await done(await linkFor(workspace, made).catch(() => null));
  });
  return (
    <Dialog title="Add a member" onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <TextField label="E-mail address" type="email" required autofocus value={email} onChange={setEmail} hint="You get a link to send to them, by which they set their password." />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Add</Button></div>
      </form>
    </Dialog>
  );
}

export default function People({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const marked = Number(params['member'] ?? 0);
  const { data, error, reload } = useMembers(workspace);
  const me = useMyId();
  const off = useNotAdministrator(workspace);
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState<Link | null>(null);
  const attempt = useAttempt();
  const at = (m: Member) => `${workspaceAt(workspace)}/members/${m.id}`;
  const setAdmin = async (m: Member, admin: boolean) => {
    if (await attempt.run(() => send('PATCH', at(m), { admin }))) notify(`${called(m)} is ${admin ? 'an administrator' : 'a member'} now.`, 'good');
    await reload();
  };
  const remove = async (m: Member) => {
    if (!await askSure(`Remove ${called(m)}?`, 'They lose every role and permission in this workspace, and their tokens stop working here.', 'Remove')) return;
    if (await attempt.run(() => send('DELETE', at(m)))) notify(`${called(m)} was removed.`);
    await reload();
  };
  return (
    <PeopleFrame workspace={workspace} tab="people" actions={<Button kind="primary" off={off} onClick={() => setAdding(true)}>Add a member</Button>}>
      <Wrong of={attempt} />
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Member</th><th scope="col">Is</th><th scope="col"><span class="hidden-but-read">What you can do</span></th></tr></thead>
            <tbody>
              {data.map((m) => (
                <tr key={m.id} class={m.id === marked ? 'marked' : ''}>
                  <td class="lead"><Name text={m.name || m.email || ''} class="strong" />{m.id === me ? <span class="dim"> (you)</span> : null}
                    {m.email && m.name ? <div class="dim small"><Name text={m.email} /></div> : null}</td>
                  <td class="fit">{m.workspace_owner ? 'Owner' : off !== null || m.id === me ? (m.admin ? 'Administrator' : 'Member')
                    : <Select aria-label={`What ${called(m)} is`} value={m.admin ? 'admin' : 'member'} onChange={(v) => { void setAdmin(m, v === 'admin'); }}
                        choices={[{ value: 'member', label: 'Member' }, { value: 'admin', label: 'Administrator' }]} />}</td>
                  <td class="fit">{off !== null ? null
                    : <span class="row">
                        <Button onClick={async () => { await attempt.run(async () => setLink(await linkFor(workspace, m))); }} label={`Password link for ${called(m)}`}>Password link</Button>
                        {m.workspace_owner || m.id === me ? null : <Button onClick={() => remove(m)} label={`Remove ${called(m)}`}>Remove</Button>}
                      </span>}</td>
                </tr>
              ))}
            </tbody>
          </table></div>
        : null}
      {off ? <p class="small dim">{off}</p> : null}
      {adding ? <AddMember workspace={workspace} onClose={() => setAdding(false)} done={async (made) => { setAdding(false); setLink(made); await reload(); }} /> : null}
      {link
        ? <ShownOnce title={`A link for ${called(link.of)}`} label="The link" value={link.url} onClose={() => setLink(null)}>
            <p>Whoever opens it sets the password of {called(link.of)}, once, within 24 hours.</p>
          </ShownOnce>
        : null}
    </PeopleFrame>
  );
}
