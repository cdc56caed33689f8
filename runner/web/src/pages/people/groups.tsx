// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import type { Group } from '../../api/access';
import { send } from '../../api/http';
import { workspaceAt } from '../../api/paths';
import { workspacePage } from '../../app/addresses';
import { useGroups, useNotAdministrator } from '../../app/me';
import { go } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name } from '../../parts/text';
import { PeopleFrame } from './frame';

function AddGroup({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const attempt = useAttempt();
  const add = () => attempt.run(async () => {
    const made = await send<Group>('POST', `${workspaceAt(workspace)}/groups`, { name, description });
    go(workspacePage(workspace, `groups/${made.id}`));
  });
  return (
    <Dialog title="Add a group" onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <TextField label="Name" required autofocus maxLength={100} value={name} onChange={setName} />
        <TextField label={<>What it is for<span class="dim"> (optional)</span></>} maxLength={200} value={description} onChange={setDescription} />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Add the group</Button></div>
      </form>
    </Dialog>
  );
}

export default function Groups({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useGroups(workspace);
  const off = useNotAdministrator(workspace);
  const [adding, setAdding] = useState(false);
  const add = <Button kind="primary" off={off} onClick={() => setAdding(true)}>Add a group</Button>;
  return (
    <PeopleFrame workspace={workspace} tab="groups" actions={data && data.length > 0 ? add : undefined}>
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0 ? <Empty icon="people" title="No groups yet" actions={add}>Give a group a level on an integration or a role in a project once, instead of each of its members.</Empty> : null}
      {data && data.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Group</th><th scope="col">What it is for</th></tr></thead>
            <tbody>{data.map((g) => (
              <tr key={g.id}><td class="lead"><a class="strong" href={workspacePage(workspace, `groups/${g.id}`)}><Name text={g.name} /></a></td><td><Name text={g.description ?? ''} /></td></tr>
            ))}</tbody>
          </table></div>
        : null}
      {adding ? <AddGroup workspace={workspace} onClose={() => setAdding(false)} /> : null}
    </PeopleFrame>
  );
}
