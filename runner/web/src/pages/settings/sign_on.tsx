// SPDX-License-Identifier: Apache-2.0
// How members of the workspace sign in at an identity provider.
import { useEffect, useState } from 'preact/hooks';
import type { SignOn } from '../../api/access';
import { send } from '../../api/http';
import { workspaceAt } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { Check, SelectField, TextField } from '../../parts/field';
import { Empty, Notice, Problem, Waiting } from '../../parts/states';
import { SettingsFrame } from './frame';

function Form({ workspace, of, reload }: { workspace: string; of: SignOn; reload: () => Promise<void> }) {
  const [type, setType] = useState(of.type);
  const [values, setValues] = useState<Record<string, string>>({});
  const [all, setAll] = useState(of.require_sso_for_all_members);
  useEffect(() => {
    setType(of.type);
    setAll(of.require_sso_for_all_members);
    setValues({ issuer: of.issuer ?? '', sso_url: of.sso_url ?? '', client_id: of.client_id ?? '' });
  }, [of]);
  const attempt = useAttempt();
  const field = (name: string, label: string, hint?: string, kind: 'text' | 'password' = 'text') =>
    <TextField label={label} hint={hint} type={kind} autocomplete={kind === 'password' ? 'new-password' : 'off'} value={values[name] ?? ''} onChange={(v) => setValues({ ...values, [name]: v })} />;
  const save = () => attempt.run(async () => {
    const body = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== '' || (name !== 'client_secret' && name !== 'certificate')));
    await send('PATCH', `${workspaceAt(workspace)}/sso`, { ...body, type, require_sso_for_all_members: all });
    setValues({ ...values, client_secret: '' });
    notify('Saved.', 'good');
    await reload();
  });
  const turnOff = async () => {
    if (await attempt.run(() => send('POST', `${workspaceAt(workspace)}/disable-sso`))) notify('Single sign-on is off.', 'good');
    await reload();
  };
  return (
    <form class="card padded stack" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <SelectField label="Protocol" value={type} onChange={setType} choices={[{ value: 'OIDC', label: 'OpenID Connect' }, { value: 'SAML', label: 'SAML' }]} />
      {field('issuer', 'Issuer', type === 'OIDC' ? 'The provider’s address, as in https://login.acme.test' : undefined)}
      {type === 'OIDC'
        ? <>{field('client_id', 'Client ID')}{field('client_secret', 'Client secret', 'Kept sealed, and shown to nobody. Left empty, it stays as it is.', 'password')}</>
        : <>{field('sso_url', 'Sign-in address')}{field('certificate', 'Certificate')}</>}
      <Check label="Every member must sign in this way" checked={all} onChange={setAll} />
      <Wrong of={attempt} />
      <div class="row"><Button type="submit" kind="primary">Save</Button><Button onClick={turnOff}>Turn off</Button></div>
    </form>
  );
}

// Until it is turned on there is nothing to set.
function Off({ workspace, reload }: { workspace: string; reload: () => Promise<void> }) {
  const attempt = useAttempt();
  const turnOn = async () => {
    await attempt.run(() => send('POST', `${workspaceAt(workspace)}/enable-sso`));
    await reload();
  };
  return (
    <>
      <Wrong of={attempt} />
      <Empty icon="people" title="Single sign-on is off" actions={<Button kind="primary" onClick={turnOn}>Turn it on</Button>}>Turned on, it can be given a provider.</Empty>
    </>
  );
}

export default function SignOnPage({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useLoad<SignOn>(`${workspaceAt(workspace)}/sso`);
  return (
    <SettingsFrame workspace={workspace} tab="sso">
      <Notice icon="info"><p>People sign in to this page with the provider that whoever runs the server has set up (<code>latchkey server --openid-…</code>). What stands here is kept for the workspace and for programs that ask the API.</p></Notice>
      {error?.notThere ? <Off workspace={workspace} reload={reload} /> : error ? <Problem error={error} again={reload} /> : data ? <Form workspace={workspace} of={data} reload={reload} /> : <Waiting />}
    </SettingsFrame>
  );
}
