// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import type { Group, GroupMember } from '../../api/access';
import { all, send } from '../../api/http';
import { workspaceAt } from '../../api/paths';
import { workspacePage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useMembers, useMyId, useNotAdministrator } from '../../app/me';
import { go } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure } from '../../parts/confirm';
import { Select, SelectField } from '../../parts/field';
import { Page } from '../../parts/page';
import { Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import './people.css';
import '../integration/integration.css';

const called = (m: { name: string; email?: string | null }) => plain(m.name || m.email || '', 60);

export default function GroupPage({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const path = `${workspaceAt(workspace)}/groups/${params['group']}`;
  const group = useLoad<Group>(path);
  const inside = useLoad<GroupMember[]>(`${path}/members?all`, (signal) => all<GroupMember>(`${path}/members`, 'members', signal));
  const members = useMembers(workspace).data ?? [];
  const notAdministrator = useNotAdministrator(workspace);
  const me = useMyId();
  const [who, setWho] = useState('');
  const attempt = useAttempt();
  const list = inside.data ?? [];
  const off = list.some((m) => m.id === me && m.status === 'MANAGER') ? null : notAdministrator;
  const free = members.filter((m) => !list.some((x) => x.id === m.id));
  const change = async (what: () => Promise<unknown>, said: string) => {
    if (await attempt.run(what)) notify(said, 'good');
    await inside.reload();
  };
  const remove = async () => {
    if (!await askSure(`Remove the group ${plain(group.data?.name ?? '', 60)}?`, 'Its members lose what they have through it.', 'Remove')) return;
    if (await attempt.run(() => send('DELETE', path))) go(workspacePage(workspace, 'groups'), 'replace');
  };
  const crumbs = [{ text: 'Groups', href: workspacePage(workspace, 'groups') }];
  if (!group.data) return <Page title="Group" crumbs={crumbs}>{group.error ? <Problem error={group.error} again={group.reload} /> : <Waiting />}</Page>;
  return (
    <Page title={group.data.name} crumbs={crumbs} actions={<Button off={notAdministrator} onClick={remove}>Remove the group</Button>}>
      {group.data.description ? <p class="dim"><Name text={group.data.description} /></p> : null}
      <Wrong of={attempt} />
      {inside.error ? <Problem error={inside.error} again={inside.reload} /> : null}
      {inside.data && list.length === 0 ? <p class="dim">Nobody is in it yet.</p> : null}
      {list.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Member</th><th scope="col">In the group</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
            <tbody>{list.map((m) => (
              <tr key={m.id}>
                <td class="lead"><Name text={m.name || m.email || ''} class="strong" /></td>
                <td class="fit">{off === null
                  ? <Select aria-label={`What ${called(m)} is in the group`} value={m.status} onChange={(status) => { void change(() => send('PATCH', `${path}/members/${m.id}`, { status }), 'Saved.'); }}
                      choices={[{ value: 'MEMBER', label: 'Member' }, { value: 'MANAGER', label: 'Manager: adds and removes members' }]} />
                  : m.status === 'MANAGER' ? 'Manager' : 'Member'}</td>
                <td class="fit">{off === null ? <Button label={`Take ${called(m)} out`} onClick={() => change(() => send('DELETE', `${path}/members/${m.id}`), `${called(m)} is no longer in the group.`)}>Take out</Button> : null}</td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      {off === null && free.length > 0
        ? <form class="card padded add-row" onSubmit={(event) => { event.preventDefault(); if (who !== '') void change(() => send('POST', `${path}/members`, { id: Number(who) }), 'Added.').then(() => setWho('')); }}>
            <SelectField label="Member" value={who} onChange={setWho} choices={[{ value: '', label: 'Choose' }, ...free.map((m) => ({ value: String(m.id), label: called(m) }))]} />
            <Button type="submit" off={who === '' ? 'Choose a member first.' : null}>Put into the group</Button>
          </form>
        : null}
      {off ? <p class="small dim">{off}</p> : null}
    </Page>
  );
}
