// SPDX-License-Identifier: Apache-2.0
// Access tokens of the reader: for programs, and for the command line. Each is shown once.
import { useState } from 'preact/hooks';
import type { AccessToken } from '../../api/access';
import { send } from '../../api/http';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure, confirmed } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Check, SelectField, TextField } from '../../parts/field';
import { ShownOnce } from '../../parts/once';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { Ago } from '../../parts/time';
import { PeopleFrame } from './frame';
import './people.css';

const scopes = ['WORKSPACE', 'EXECUTION_INFO', 'EXECUTION_RUN', 'EXECUTION_MANAGE', 'INTEGRATION_INFO', 'INTEGRATION_ADD', 'INTEGRATION_MANAGE',
  'VARIABLE_INFO', 'VARIABLE_MANAGE', 'ENVIRONMENT_INFO', 'ENVIRONMENT_MANAGE', 'WEBHOOK_INFO', 'WEBHOOK_MANAGE', 'WORKSPACES_MANAGE', 'PROJECT_DELETE', 'MEMBER_EMAIL',
  'USER_INFO', 'USER_EMAIL', 'USER_KEY', 'TOKEN_INFO', 'TOKEN_MANAGE'];
const usual = ['WORKSPACE', 'EXECUTION_RUN', 'INTEGRATION_INFO', 'USER_INFO'];
const ends = [{ value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: 'A year' }, { value: '', label: 'No end' }];

function Add({ workspace, onClose, done }: { workspace: string; onClose: () => void; done: (token: string) => Promise<void> }) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [chosen, setChosen] = useState<readonly string[]>(usual);
  const [here, setHere] = useState(true);
  const attempt = useAttempt();
  const add = () => attempt.run(async () => {
    const made = await confirmed(() => send<{ token: string }>('POST', '/user/tokens', { name, scopes: chosen,
      ...(days === '' ? {} : { expires_in: Number(days) }), ...(here ? { workspace_restrictions: [workspace] } : {}) }));
    if (made !== undefined) await done(made.token);
  });
  return (
    <Dialog title="Make an access token" onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <TextField label="What is it for?" required autofocus maxLength={100} placeholder="My laptop" value={name} onChange={setName} />
        <SelectField label="It ends after" value={days} onChange={setDays} choices={ends} />
        <Check label={`Only for this workspace (${plain(workspace, 40)})`} checked={here} onChange={setHere} />
        <fieldset>
          <legend>What it may do</legend>
          <div class="scopes">{scopes.map((s) => <Check key={s} label={s} checked={chosen.includes(s)} onChange={(on) => setChosen(on ? [...chosen, s] : chosen.filter((x) => x !== s))} />)}</div>
          <p class="small dim">Never more than you yourself may do.</p>
        </fieldset>
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary" off={chosen.length === 0 ? 'Choose what it may do.' : null}>Make the token</Button></div>
      </form>
    </Dialog>
  );
}

export default function Tokens({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useLoad<{ access_tokens: AccessToken[] }>('/user/tokens');
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const attempt = useAttempt();
  const list = data?.access_tokens ?? [];
  const remove = async (of: AccessToken) => {
    if (!await askSure(`Remove the token ${plain(of.name, 60)}?`, 'Whatever uses it is refused from now on.', 'Remove')) return;
    if (await attempt.run(() => send('DELETE', `/user/tokens/${encodeURIComponent(of.id)}`))) notify('The token was removed.');
    await reload();
  };
  const add = <Button kind="primary" onClick={() => setAdding(true)}>Make a token</Button>;
  return (
    <PeopleFrame workspace={workspace} tab="people/tokens" actions={list.length > 0 ? add : undefined}>
      <Wrong of={attempt} />
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data && list.length === 0 ? <Empty icon="key" title="You have no access tokens" actions={add}>The command line (<code>latchkey login</code>) and other programs act as you by a token.</Empty> : null}
      {list.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Token</th><th scope="col">May do</th><th scope="col">Ends</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
            <tbody>{list.map((t) => (
              <tr key={t.id}>
                <td class="lead"><Name text={t.name} class="strong" />{t.workspace_restrictions.length > 0 ? <div class="dim small">only {t.workspace_restrictions.map((w) => plain(w, 40)).join(', ')}</div> : null}</td>
                <td class="small dim">{t.scopes.join(', ')}</td>
                <td class="fit">{t.expires_at ? <Ago at={t.expires_at} /> : 'No end'}</td>
                <td class="fit"><Button label={`Remove ${plain(t.name, 60)}`} onClick={() => remove(t)}>Remove</Button></td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      {adding ? <Add workspace={workspace} onClose={() => setAdding(false)} done={async (token) => { setAdding(false); setMade(token); await reload(); }} /> : null}
      {made !== null ? <ShownOnce title="Your new token" label="The token" value={made} onClose={() => setMade(null)} /> : null}
    </PeopleFrame>
  );
}
