// SPDX-License-Identifier: Apache-2.0
// A workspace's own settings, and the reader's: their name and password.
import { useEffect, useState } from 'preact/hooks';
import type { Workspace } from '../api/types';
import { send } from '../api/http';
import { askWhoIAm, standing } from '../api/session';
import { workspaceAt } from '../api/paths';
import { notify } from '../app/announce';
import { somethingChanged, useLoad } from '../app/load';
import { useNotAdministrator } from '../app/me';
import type { PageProps } from '../app/routes';
import { useStore } from '../app/store';
import { useAttempt, Wrong } from '../parts/attempt';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { Problem, Waiting } from '../parts/states';
import { plain } from '../parts/text';
import { SettingsFrame } from './settings/frame';

function WorkspaceName({ workspace }: { workspace: string }) {
  const { data, error, reload } = useLoad<Workspace>(workspaceAt(workspace));
  const [name, setName] = useState(data?.name ?? '');
  useEffect(() => { if (data) setName(data.name); }, [data?.name]);
  const off = useNotAdministrator(workspace);
  const attempt = useAttempt();
  const save = () => attempt.run(async () => {
    await send('PATCH', workspaceAt(workspace), { name });
    await reload();
    somethingChanged();
    notify('Saved.', 'good');
  });
  if (error) return <Problem error={error} again={reload} />;
  if (!data) return <Waiting />;
  return (
    <form class="card padded stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <h2>The workspace</h2>
      <TextField label="Name" required maxLength={100} value={name} onChange={setName} disabled={off !== null} />
      <p class="small dim">In addresses it is <code class="chip">{plain(data.domain)}</code>, which stays.</p>
      <Wrong of={attempt} />
      <div class="row"><Button type="submit" off={off} showReason>Save</Button></div>
    </form>
  );
}

function You() {
  const who = useStore(standing);
  const session = who.state === 'in' ? who.session : null;
  const [name, setName] = useState(session?.user.name ?? '');
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const named = useAttempt();
  const changed = useAttempt();
  const rename = () => named.run(async () => {
    await send('PATCH', '/user', { name });
    await askWhoIAm();
    notify('Saved.', 'good');
  });
  const change = () => changed.run(async () => {
    await send('POST', '/latchkey/v1/session/password', { old_password: old, password });
    setOld('');
    setPassword('');
    notify('The password was changed. Your other sessions have ended.', 'good');
  });
  return (
    <>
      <form class="card padded stack" onSubmit={(event) => { event.preventDefault(); void rename(); }}>
        <h2>You</h2>
        <TextField label="Your name" maxLength={100} autocomplete="name" value={name} onChange={setName} hint={session?.user.email} />
        <Wrong of={named} />
        <div class="row"><Button type="submit">Save</Button></div>
      </form>
      {session?.how === 'password'
        ? <form class="card padded stack" onSubmit={(event) => { event.preventDefault(); void change(); }}>
            <h2>Your password</h2>
            <TextField label="The present one" type="password" autocomplete="current-password" required value={old} onChange={setOld} />
            <TextField label="The new one" type="password" autocomplete="new-password" required minLength={12} value={password} onChange={setPassword} hint="12 characters or more; a few words are easier to remember." />
            <Wrong of={changed} />
            <div class="row"><Button type="submit">Change the password</Button></div>
          </form>
        : null}
    </>
  );
}

export default function Settings({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  return (
    <SettingsFrame workspace={workspace} tab="settings" forAll>
      <div class="stack"><WorkspaceName key={workspace} workspace={workspace} /><You /></div>
    </SettingsFrame>
  );
}
